using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Controller.Functions;
using Faas.Controller.Logs;

namespace Faas.Controller.Api;

/// <summary><c>/v1/functions/{name}/logs</c>: JSON lines, the newest ones and, when asked, all that follow.</summary>
internal static class LogEndpoints
{
    private const int TailMax = 100_000;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/functions/{name}/logs", ReadAsync).WithTags("logs").WithSummary("Log lines as NDJSON").Produces<LogLine>(200, "application/x-ndjson").Produces<ApiProblem>(404);

    private static async Task ReadAsync(
        string name, HttpContext http, FunctionCatalog catalog, FunctionLogs logs, IHostApplicationLifetime lifetime, int tail = 100, string? invocation = null, bool follow = false)
    {
        if (catalog.Find(name) is null)
        {
            await ApiResults.NoSuchFunction(name).ExecuteAsync(http);
            return;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        var ct = ending.Token;
        http.Response.ContentType = "application/x-ndjson";
        try
        {
            // Following begins before the tail is read, so that no line falls between the two; a line in both is written once.
            var log = logs.Of(name);
            await using var following = log.FollowAsync(ct).GetAsyncEnumerator(ct);
            var next = follow ? following.MoveNextAsync() : ValueTask.FromResult(false);
            var seen = new HashSet<LogLine>();
            foreach (var line in await log.TailAsync(Math.Clamp(tail, 0, TailMax), invocation, ct))
            {
                seen.Add(line);
                await WriteAsync(http.Response, line, ct);
            }

            await http.Response.Body.FlushAsync(ct);
            while (await next)
            {
                var line = following.Current;
                if (!seen.Remove(line) && (invocation is null || line.InvocationId == invocation))
                {
                    await WriteAsync(http.Response, line, ct);
                    await http.Response.Body.FlushAsync(ct);
                }

                next = following.MoveNextAsync();
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The reader left, or the controller is stopping: the end of the answer is all there is to say.
        }
    }

    private static async Task WriteAsync(HttpResponse response, LogLine line, CancellationToken ct)
    {
        await JsonSerializer.SerializeAsync(response.Body, line, FaasJson.Default.LogLine, ct);
        await response.Body.WriteAsync("\n"u8.ToArray(), ct);
    }
}
