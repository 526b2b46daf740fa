using System.Globalization;
using Faas.Contracts.Functions;
using Faas.LoadTests.Scaling;

namespace Faas.LoadTests.Chaos;

/// <summary>
/// Events sent while parts of the platform are killed: each event that was answered with 202 is done, and what ran more than once was cut off before, where everybody can see it.
/// </summary>
internal sealed class ChaosRun : IDisposable
{
    private const string Name = "chaos";

    /// <summary>Some slots more than cores: runs wait most of their time.</summary>
    private const int InstancesMax = 6;

    private readonly Arguments _arguments;
    private readonly Target _target;
    private readonly QueueWatch _queue;
    private readonly Killer _killer;
    private readonly EventCallers _callers;
    private readonly ChaosTotals _totals = new();

    private ChaosRun(Arguments arguments)
    {
        _arguments = arguments;
        _target = Target.Open(arguments["data"]);
        _queue = new QueueWatch(_target);
        _callers = new EventCallers(_target.Callers, Name);
        var parts = arguments.Text("kill") ?? (arguments["store"] == "redis" ? "controller,gateway,instance,redis" : "controller,gateway,instance");
        var victims = new Victims(_target.Folder, arguments.Text("sandbox") ?? "process", Name);
        _killer = new Killer(parts.Split(',', StringSplitOptions.RemoveEmptyEntries), _target, victims, arguments.Text("redis-pid"));
    }

    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var run = new ChaosRun(arguments);
        await using var recorder = new RunRecorder(arguments.Text("runs") ?? Path.Combine(arguments["data"], "chaos-runs.log"));
        await run.DeployAsync(recorder, cancellationToken);
        var audit = new ChaosAudit(run._queue, recorder, run._totals);
        for (var round = 1; round <= arguments.Number("rounds", 5); round++)
        {
            await audit.JudgeAsync(await run.RoundAsync(round, cancellationToken), cancellationToken);
        }

        await audit.JudgeTotalsAsync(Name, cancellationToken);
        Console.WriteLine(run._totals.ToLine());
        return run._totals.Passed;
    }

    public void Dispose()
    {
        _callers.Dispose();
        _target.Dispose();
    }

    private async Task DeployAsync(RunRecorder recorder, CancellationToken cancellationToken) => await _target.DeployAsync(
        new FunctionSpec
        {
            Name = Name,
            Runtime = Runtimes.Python,
            Handler = "chaos.handler",
            CodeDigest = await _target.UploadAsync("chaos.py", cancellationToken),
            Network = NetworkKind.Egress,   // the machine's own loopback, in the process sandbox
            MemoryMiB = 128,
            MaxInstances = InstancesMax,
            Env = new Dictionary<string, string> { ["RECORDER"] = recorder.Address },
        },
        cancellationToken);

    /// <summary>Sends a round's events among kills, and returns them when none of them waits or runs.</summary>
    private async Task<IReadOnlyList<ChaosEvent>> RoundAsync(int round, CancellationToken cancellationToken)
    {
        var random = new Random(HashCode(_arguments.Number("seed", 1), round));
        var events = ChaosEvent.Plan(round, _arguments.Number("events", 2000), _arguments.Number("rate", 200), random);
        Console.Error.WriteLine($"round {round}: {events.Count} events{(events.Any(sent => sent.Delay is not null) ? ", some delayed" : "")}");
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        double Seconds() => time.GetElapsedTime(began).TotalSeconds;

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var killing = _killer.KillAsync(_arguments.Number("kills", 6), () => Math.Min(1, (double)_callers.Begun / events.Count), random, enough.Token);
        double sentAfter;
        try
        {
            await _callers.SendAsync(events, _arguments.Number("callers", 32), cancellationToken);
            sentAfter = Seconds();
            await _queue.UntilEmptyAsync(cancellationToken);
        }
        finally
        {
            await enough.CancelAsync();
            _totals.Kills += await killing;
        }

        await _queue.UntilEmptyAsync(cancellationToken);
        var answers = string.Join(", ", _callers.Answers.OrderBy(answer => answer.Key, StringComparer.Ordinal).Select(answer => $"{answer.Value} x {answer.Key}"));
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  sent after {sentAfter:0.0} s, done after {Seconds():0.0} s; answers: {answers}"));
        return events;
    }

    // The framework's own differs from process to process.
    private static int HashCode(int seed, int round) => unchecked((seed * 1_000_003) + round);
}
