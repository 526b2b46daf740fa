using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace Faas.LoadTests.Loads;

/// <summary>wrk: so many callers on one thread, who send their next request when they have the answer to the last one.</summary>
/// <param name="Connections">How many callers.</param>
internal sealed record WrkLoad(int Connections) : ILoad
{
    /// <summary>wrk's own limit, above the platform's longest wait of 30 s: what the platform answers late is late, not lost.</summary>
    private const int TimeoutSeconds = 35;

    public string Name => $"wrk, {Connections} connections";

    public async Task<LoadResult> RunAsync(IPEndPoint server, LoadRequest request, TimeSpan duration, CancellationToken cancellationToken)
    {
        // Only where it must be: without a script wrk makes its request once.
        var script = request.Body is null && request.Functions.Count == 1 ? null : await WriteScriptAsync(request, cancellationToken);
        var seconds = Math.Max(1, (int)Math.Round(duration.TotalSeconds));   // wrk knows no fractions
        string[] arguments =
        [
            "-t1", $"-c{Connections}", $"-d{seconds}s", "--timeout", $"{TimeoutSeconds}s", "--latency", .. script is null ? Array.Empty<string>() : ["-s", script],
            $"http://{server}{LoadRequest.PathOf(request.Functions[0])}",
        ];
        using var wrk = Process.Start(new ProcessStartInfo("wrk", arguments) { RedirectStandardOutput = true })!;
        try
        {
            var output = await wrk.StandardOutput.ReadToEndAsync(cancellationToken);
            await wrk.WaitForExitAsync(cancellationToken);
            return wrk.ExitCode == 0 ? WrkOutput.Parse(output) : throw new InvalidOperationException($"wrk ended with {wrk.ExitCode}: {output}");
        }
        catch (OperationCanceledException)
        {
            wrk.Kill();
            throw;
        }
        finally
        {
            if (script is not null)
            {
                File.Delete(script);
            }
        }
    }

    private static async Task<string> WriteScriptAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        var script = new StringBuilder();
        if (request.Body is { } body)
        {
            // A long string of Lua, which ends at the first "]=]" and knows no escapes.
            script.Append(CultureInfo.InvariantCulture, $"wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"{request.ContentType}\"\nwrk.body = [=[{body}]=]\n");
        }

        if (request.Functions.Count > 1)
        {
            var paths = string.Join(',', request.Functions.Select(name => $"\"{LoadRequest.PathOf(name)}\""));
            script.Append(CultureInfo.InvariantCulture, $$"""
                local paths = { {{paths}} }
                local requests = {}
                function init(arguments)
                  for i = 1, #paths do requests[i] = wrk.format(nil, paths[i]) end
                end
                function request() return requests[math.random(#requests)] end
                """);
        }

        var path = Path.Combine(Path.GetTempPath(), $"faas-wrk-{Environment.ProcessId}.lua");
        await File.WriteAllTextAsync(path, script.ToString(), cancellationToken);
        return path;
    }
}
