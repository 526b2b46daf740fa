using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.LoadTests.Chaos;

namespace Faas.LoadTests.Events;

/// <summary>What asynchronous invocations cost: durable acceptances a second, whole cycles a second, the time from acceptance to the run, and the memory of a long queue.</summary>
internal sealed partial class EventRates : IDisposable
{
    private const string Name = "events";
    private const string Later = "events-later";

    private readonly Target _target;
    private readonly QueueWatch _queue;
    private readonly Arguments _arguments;

    private EventRates(Arguments arguments)
    {
        _arguments = arguments;
        _target = Target.Open(arguments["data"]);
        _queue = new QueueWatch(_target);
    }

    private double MemoryMiB => ProcessFiles.ResidentMiB(ProcessFiles.Find(_target.Up, "faas-controller")) + ProcessFiles.ResidentMiB(ProcessFiles.Find(_target.Up, "faas-gateway"));

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var run = new EventRates(arguments);
        foreach (var name in (string[])[Name, Later])
        {
            var code = await run._target.UploadAsync("Hello.cs", cancellationToken);
            await run._target.DeployAsync(new FunctionSpec { Name = name, Runtime = Runtimes.DotNet, CodeDigest = code, Network = NetworkKind.None }, cancellationToken);
        }

        var idle = run.MemoryMiB;
        await run.CyclesAsync(3, cancellationToken);   // compiles what is to be compiled
        for (var round = 1; round <= arguments.Number("rounds", 3); round++)
        {
            Print($"round {round}: {await run.CyclesAsync(arguments.Number("seconds", 5), cancellationToken)}");
        }

        Print(await run.LatenciesAsync(arguments.Number("samples", 300), cancellationToken));
        Print(await run.MemoryAsync(arguments.Number("queued", 100_000), idle, cancellationToken));
    }

    public void Dispose() => _target.Dispose();

    /// <summary>64 callers queue as fast as they are answered; then what is left is run.</summary>
    private async Task<string> CyclesAsync(int seconds, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        var before = (await _target.DescribeAsync(Name, cancellationToken)).Totals.Invocations;
        var accepted = await QueueAsync(Name, seconds, "", cancellationToken);
        var (sent, runMeanwhile) = (time.GetElapsedTime(began), (await _target.DescribeAsync(Name, cancellationToken)).Totals.Invocations - before);
        await UntilRunAsync(cancellationToken);
        var all = time.GetElapsedTime(began);
        var total = (await _target.DescribeAsync(Name, cancellationToken)).Totals.Invocations - before;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{accepted:0} accepted/s, {total / all.TotalSeconds:0} whole cycles/s ({total} events; {(total - runMeanwhile) / (all - sent).TotalSeconds:0} runs/s once nobody queues)");
    }

    /// <summary>Waits until all have run, and looks that they have run well: what fails costs something else.</summary>
    private async Task UntilRunAsync(CancellationToken cancellationToken)
    {
        await _queue.UntilEmptyAsync(cancellationToken);
        foreach (var lane in (await _target.FindAsync<QueueSummary[]>("/v1/queue", cancellationToken))!)
        {
            if (lane.DeadLetters > 0)
            {
                throw new InvalidOperationException($"{lane.DeadLetters} events of {lane.Function} are dead letters; none should be.");
            }
        }
    }

    /// <summary>One event at a time, to an idle, warm function.</summary>
    private async Task<string> LatenciesAsync(int samples, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{_target.Callers}") };
        var waits = new List<double>();
        for (var i = 0; i < samples; i++)
        {
            using var answer = await http.PostAsync($"/async-function/{Name}", new StringContent("{}"), cancellationToken);
            var id = answer.EnsureSuccessStatusCode().Headers.GetValues("X-Call-Id").Single();
            var ended = await _target.FindAsync<InvocationDescription>($"/v1/invocations/{id}?wait=10", cancellationToken);
            var attempt = ended!.History[^1];
            waits.Add((attempt.EndedAt - attempt.Run - ended.AcceptedAt).TotalMilliseconds);
        }

        return string.Create(CultureInfo.InvariantCulture, $"accepted to running, idle warm function: p50 {Statistics.Percentile(waits, 50):0.0} ms, p99 {Statistics.Percentile(waits, 99):0.0} ms");
    }

    /// <summary>So many events that are not due for an hour: how fast they are accepted when nothing runs, and their memory against <paramref name="idle"/>, that of the platform before it had done anything.</summary>
    private async Task<string> MemoryAsync(int count, double idle, CancellationToken cancellationToken)
    {
        var waiting = 0L;
        var rates = new List<double>();
        while (waiting < count)
        {
            rates.Add(await QueueAsync(Later, 2, "wrk.headers[\"X-Faas-Delay\"] = \"1h\"\n", cancellationToken));
            waiting = (await _target.FindAsync<QueueSummary[]>("/v1/queue", cancellationToken))!.Single(lane => lane.Function == Later).Waiting;
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"accepted while nothing runs: {Statistics.Percentile(rates, 50):0}/s (median of {rates.Count})\n{waiting} events of 1 KB waiting: gateway and controller {MemoryMiB:0} MiB, {MemoryMiB - idle:0} MiB more than before the first event");
    }

    /// <summary>Acceptances a second; refusals because the queue is full are not among them.</summary>
    private async Task<double> QueueAsync(string function, int seconds, string script, CancellationToken cancellationToken)
    {
        var file = Path.Combine(Path.GetTempPath(), $"faas-events-{Environment.ProcessId}.lua");
        await File.WriteAllTextAsync(file, $"wrk.method = \"POST\"\nwrk.body = '{{\"padding\":\"' .. string.rep(\"x\", 986) .. '\"}}'\n{script}", cancellationToken);
        try
        {
            var callers = _arguments.Number("callers", 64);
            using var wrk = Process.Start(new ProcessStartInfo(
                "wrk", ["-t1", $"-c{callers}", $"-d{seconds}s", "--timeout", "30s", "-s", file, $"http://{_target.Callers}/async-function/{function}"]) { RedirectStandardOutput = true })!;
            var output = await wrk.StandardOutput.ReadToEndAsync(cancellationToken);
            await wrk.WaitForExitAsync(cancellationToken);
            var (requests, refused) = (Number(Requests(), output), Number(Refused(), output));
            return (requests - refused) / seconds;
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static double Number(Regex pattern, string text) => pattern.Match(text) is { Success: true } match ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    private static void Print(string line) => Console.WriteLine(line);

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Requests();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (\d+)")]
    private static partial Regex Refused();
}
