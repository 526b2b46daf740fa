using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Faas.Contracts.Api;
using Faas.Controller.Functions;
using Faas.Controller.Logs;

namespace Faas.Controller.Api;

/// <summary><c>/v1/functions/{name}/logs</c>: JSON lines, those that were asked for and, when asked, all of these that follow.</summary>
internal static class LogEndpoints
{
    /// <summary>Most lines to begin with.</summary>
    private const int TailMax = 100_000;

    /// <summary>Lines to begin with where nothing else is asked for.</summary>
    private const int TailStandard = 100;

    /// <summary>It goes to terminals and files, never into HTML.</summary>
    private static readonly FaasJson Written = new(new JsonSerializerOptions(FaasJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, TypeInfoResolver = null });

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/functions/{name}/logs", ReadAsync).WithTags("logs").WithSummary("Log lines as NDJSON")
            .Produces<LogLine>(200, "application/x-ndjson").Produces<ApiProblem>(400).Produces<ApiProblem>(404);

    private static async Task ReadAsync(
        string name, HttpContext http, FunctionCatalog catalog, FunctionLogs logs, IHostApplicationLifetime lifetime, TimeProvider time,
        [AsParameters] LogRequest request, int? tail = null, bool follow = false)
    {
        if (catalog.Find(name) is null)
        {
            await ApiResults.NoSuchFunction(name).ExecuteAsync(http);
            return;
        }

        if (!request.TryRead(time.GetUtcNow(), out var filter, out var problem))
        {
            await InvalidQuery(problem).ExecuteAsync(http);
            return;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        var count = Math.Clamp(tail ?? (filter.IsEmpty ? TailStandard : TailMax), 0, TailMax);
        var answer = new LogAnswer(http.Response, filter, time);
        try
        {
            await answer.WriteAsync(logs.Of(name), count, follow, ending.Token);
        }
        catch (RegexMatchTimeoutException) when (!http.Response.HasStarted)
        {
            await InvalidQuery("grep takes too long with these lines; write it simpler, or ask for fewer with since and until").ExecuteAsync(http);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The reader left, or the controller is stopping: the end of the answer is all there is to say.
        }
    }

    private static IResult InvalidQuery(string detail) => ApiResults.Problem(400, "InvalidQuery", "These lines cannot be asked for", detail);

    private sealed class LogAnswer(HttpResponse response, LogFilter filter, TimeProvider time)
    {
        /// <summary>Bytes that are sent together.</summary>
        private const int FlushBytes = 32 * 1024;

        private long _unflushed;

        public async Task WriteAsync(FunctionLog log, int count, bool follow, CancellationToken ct)
        {
            // The log says where the written lines end and the follower's begin, so that none is missing and none comes twice.
            var follower = follow ? new LogFollower() : null;
            try
            {
                var lines = await LogReader.ReadAsync(await log.SnapshotAsync(follower, ct), filter, count, time, ct);
                response.ContentType = "application/x-ndjson";
                foreach (var line in lines)
                {
                    await WriteAsync(LineReading.Read(line), ct);
                }

                await FlushAsync(ct);
                if (follower is not null)
                {
                    await FollowAsync(follower, ct);
                }
            }
            finally
            {
                if (follower is not null)
                {
                    log.Leave(follower);
                }
            }
        }

        private async Task FollowAsync(LogFollower follower, CancellationToken ct)
        {
            using var until = filter.Until is { } end ? new CancellationTokenSource(Positive(end - time.GetUtcNow()), time) : new CancellationTokenSource();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, until.Token);
            try
            {
                while (await follower.Lines.WaitToReadAsync(either.Token))
                {
                    await WriteNewAsync(follower, either.Token);
                    await FlushAsync(either.Token);
                }
            }
            catch (OperationCanceledException) when (until.IsCancellationRequested && !ct.IsCancellationRequested)
            {
                // What was asked for is complete.
            }
            catch (RegexMatchTimeoutException)
            {
                await WriteAsync(OwnLine("following ends here: grep takes too long with the next line"), ct);
            }
        }

        private async Task WriteNewAsync(LogFollower follower, CancellationToken ct)
        {
            if (follower.TakeLost() is > 0 and var lost)
            {
                await WriteAsync(OwnLine(string.Create(CultureInfo.InvariantCulture, $"{lost:N0} lines are not looked at here: they come faster than this reader takes them; they are in the log")), ct);
            }

            while (follower.Lines.TryRead(out var line))
            {
                ct.ThrowIfCancellationRequested();
                if (filter.Matches(line))
                {
                    await WriteAsync(LineReading.Read(line), ct);
                }
            }
        }

        private LogLine OwnLine(string text) => new(time.GetUtcNow(), "", null, LogLine.Platform, text) { Level = LineLevel.Warn };

        private async Task WriteAsync(LogLine line, CancellationToken ct)
        {
            using (var json = new Utf8JsonWriter(response.BodyWriter, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                JsonSerializer.Serialize(json, line, Written.LogLine);
                json.Flush();
                _unflushed += json.BytesCommitted + 1;
            }

            response.BodyWriter.Write("\n"u8);
            if (_unflushed > FlushBytes)
            {
                await FlushAsync(ct);
            }
        }

        private async Task FlushAsync(CancellationToken ct)
        {
            await response.BodyWriter.FlushAsync(ct);
            _unflushed = 0;
        }

        /// <summary>A time that is over is over at once; a timer takes at most 49 days, and nobody follows for longer.</summary>
        private static TimeSpan Positive(TimeSpan span) => span <= TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : TimeSpan.FromDays(Math.Min(40, span.TotalDays));
    }
}
