using System.Globalization;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.LoadTests.Chaos;
using Faas.LoadTests.Scaling;

namespace Faas.LoadTests.Brokers;

/// <summary>
/// Events sent to a broker, or as webhooks, while parts of the platform are killed: each event that the broker has confirmed runs, and what runs more than once was cut off before, where everybody can see it.
/// </summary>
internal sealed class BrokerRun : IDisposable
{
    private const string Name = "chaos";
    private const int InstancesMax = 6;

    /// <summary>Above the longest pause before a source is run again (60 s), a lease (30 s), and what runs then.</summary>
    private static readonly TimeSpan DoneWithin = TimeSpan.FromMinutes(4);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly Arguments _arguments;
    private readonly Target _target;
    private readonly QueueWatch _platform;
    private readonly Killer _killer;
    private readonly Source _source;
    private readonly ChaosTotals _totals = new();
    private readonly TimeProvider _time = TimeProvider.System;

    private BrokerRun(Arguments arguments)
    {
        _arguments = arguments;
        _target = Target.Open(arguments["data"]);
        _platform = new QueueWatch(_target);
        var kind = arguments["kind"];
        _source = Source.Of(kind, kind == "webhook" ? _target.Callers.ToString() : arguments["address"], Name);
        var parts = arguments.Text("kill") ?? (arguments.Text("broker-pid") is null ? "controller,gateway,instance" : "controller,gateway,instance,broker");
        _killer = new Killer(
            parts.Split(',', StringSplitOptions.RemoveEmptyEntries), _target, new Victims(_target.Folder, arguments.Text("sandbox") ?? "process", Name), arguments.Text("broker-pid"));
    }

    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var run = new BrokerRun(arguments);
        await using var recorder = new RunRecorder(arguments.Text("runs") ?? Path.Combine(arguments["data"], "chaos-runs.log"));
        var senders = new List<IEventSender>();
        try
        {
            for (var i = 0; i < arguments.Number("callers", 8); i++)
            {
                senders.Add(await run._source.NewSender(cancellationToken));
            }

            await run.DeployAsync(recorder, cancellationToken);
            await run.UntilRunsAsync(cancellationToken);
            var audit = new ChaosAudit(run._platform, recorder, run._totals);
            for (var round = 1; round <= arguments.Number("rounds", 5); round++)
            {
                await audit.JudgeAsync(await run.RoundAsync(round, new Senders(senders), recorder, cancellationToken), cancellationToken);
            }

            await audit.JudgeTotalsAsync(Name, cancellationToken);
            await run.UntilNothingWaitsAsync(cancellationToken);
        }
        finally
        {
            foreach (var sender in senders)
            {
                await sender.DisposeAsync();
            }
        }

        Console.WriteLine(run._totals.ToLine());
        return run._totals.Passed;
    }

    public void Dispose() => _target.Dispose();

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
            Async = new AsyncSpec { MaxAttempts = 100 },   // a killed instance is a failure, and no reason for a dead letter here
            Triggers = [_source.Trigger],
        },
        cancellationToken);

    /// <summary>Sends a round's events among kills, and returns those that were confirmed when each has run and nothing waits or runs.</summary>
    private async Task<IReadOnlyList<ChaosEvent>> RoundAsync(int round, Senders senders, RunRecorder recorder, CancellationToken cancellationToken)
    {
        var random = new Random(unchecked((_arguments.Number("seed", 1) * 1_000_003) + round));
        var events = ChaosEvent.Plan(1, _arguments.Number("events", 2000), _arguments.Number("rate", 200), random)
            .Select((sent, number) => new ChaosEvent($"r{round}-e{number}") { At = sent.At, MayBecomeSeveral = !_source.IsKnown }).ToList();
        Console.Error.WriteLine($"round {round}: {events.Count} events");
        var began = _time.GetTimestamp();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var killing = _killer.KillAsync(_arguments.Number("kills", 6), () => Math.Min(1, (double)senders.Begun / events.Count), random, enough.Token);
        IReadOnlyList<ChaosEvent> confirmed;
        double sentAfter;
        try
        {
            confirmed = await senders.SendAsync(events, cancellationToken);
            sentAfter = _time.GetElapsedTime(began).TotalSeconds;
            await UntilRunAsync(confirmed, recorder, cancellationToken);
        }
        finally
        {
            await enough.CancelAsync();
            _totals.Kills += await killing;
        }

        await UntilRunAsync(confirmed, recorder, cancellationToken);
        await _platform.UntilEmptyAsync(cancellationToken);
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  sent after {sentAfter:0.0} s, done after {_time.GetElapsedTime(began).TotalSeconds:0.0} s; {senders.Unconfirmed} not confirmed by the broker"));
        foreach (var sent in confirmed)
        {
            var ids = recorder.RunsOf(sent.Token).Select(run => run.Invocation).Distinct(StringComparer.Ordinal).ToList();
            sent.Promised = ids.Count > 0 ? ids : ["none"];
        }

        return confirmed;
    }

    /// <summary>Waits until each event has run, or it is time to call what has not lost.</summary>
    private async Task UntilRunAsync(IReadOnlyList<ChaosEvent> events, RunRecorder recorder, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (events.Any(sent => recorder.RunsOf(sent.Token).Count == 0) && _time.GetElapsedTime(began) < DoneWithin)
        {
            await Task.Delay(LookEvery, _time, cancellationToken);
        }
    }

    private Task UntilRunsAsync(CancellationToken cancellationToken) =>
        UntilAsync("the trigger does not run", trigger => trigger.State == TriggerState.Running, cancellationToken);

    /// <summary>What has run is acknowledged, so the broker has nothing left.</summary>
    private Task UntilNothingWaitsAsync(CancellationToken cancellationToken) =>
        UntilAsync("the broker still has messages", trigger => trigger.Lag is null or 0 && trigger.State == TriggerState.Running, cancellationToken);

    private async Task UntilAsync(string otherwise, Func<TriggerDescription, bool> condition, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            var trigger = (await _platform.FindAsync<TriggerDescription[]>("/v1/triggers", cancellationToken) ?? []).FirstOrDefault(trigger => trigger.Function == Name);
            if (trigger is not null && condition(trigger))
            {
                return;
            }

            if (_time.GetElapsedTime(began) > DoneWithin)
            {
                throw new InvalidOperationException($"{otherwise} after {DoneWithin.TotalMinutes} minutes: {trigger}");
            }

            await Task.Delay(LookEvery, _time, cancellationToken);
        }
    }
}
