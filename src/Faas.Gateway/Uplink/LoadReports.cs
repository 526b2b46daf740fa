using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Link;

namespace Faas.Gateway.Uplink;

/// <summary>
/// Tells the controller every 250 ms which revisions and instances changed (and all of them every 2 s), asks again every 50 ms for revisions
/// that somebody waits for, and ends waiting that has become hopeless because the controller is away.
/// </summary>
internal sealed partial class LoadReports(GateTable gates, Outbox outbox, LinkHealth health, ILogger<LoadReports> logger, TimeProvider clock) : BackgroundService
{
    private const int RoundsPerReport = 5;
    private const int RoundsPerFullReport = 8 * RoundsPerReport;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Without an instance and without a controller for this long, nobody will be served; the controller is back within a few seconds after a crash.</summary>
    private static readonly TimeSpan HopelessAfter = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, (long Taken, int InUse)> _reported = new(StringComparer.Ordinal);
    private readonly Dictionary<Gate, (long Arrivals, long Joined, int InUse, int Waiting)> _reportedGates = [];
    private int _connection;
    private long _round;

    /// <summary>One round.</summary>
    public void Round()
    {
        if (_round % RoundsPerReport == 0 && !outbox.IsBacklogged)
        {
            Report(everything: _round % RoundsPerFullReport == 0);
        }

        _round++;
        AskAgain();
    }

    /// <summary>A gate's numbers as the link carries them.</summary>
    public static RevisionLoad ToMessage(string revision, GateLoad load) => new()
    {
        Revision = revision,
        Waiting = load.Waiting,
        InFlight = load.InUse,
        Slots = load.Slots,
        RunMs = load.RunMs,
        Arrivals = load.Arrivals,
        Completed = load.Completed,
        OldestMs = (long)load.Oldest.TotalMilliseconds,
        QuietMs = (long)load.Quiet.TotalMilliseconds,
        Ahead = load.Ahead,
    };

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    Round();
                }
                catch (Exception exception)
                {
                    Log.RoundFailed(logger, exception);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void Report(bool everything)
    {
        var report = new LoadReport();
        if (outbox.Connections != _connection)
        {
            _connection = outbox.Connections;
            _reportedGates.Clear();
            _reported.Clear();
        }

        if (everything)
        {
            // Also forgets what is gone. Gates that nobody ever called are reported once: the controller may believe something else of their revision, which it
            // heard from an earlier gateway or before the revision was deployed again.
            _reported.Clear();
            foreach (var (gate, told) in _reportedGates)
            {
                if (told.Arrivals > 0 || !gates.TryFindGate(gate.Revision, out var current) || current != gate)
                {
                    _reportedGates.Remove(gate);
                }
            }
        }

        foreach (var gate in gates.Gates)
        {
            var load = gate.Load();
            var now = (load.Arrivals, load.Joined, load.InUse, load.Waiting);
            if (!_reportedGates.TryGetValue(gate, out var earlier) || earlier != now)
            {
                _reportedGates[gate] = now;
                report.Revisions.Add(ToMessage(gate.Revision, load));
            }
        }

        foreach (var instance in gates.Instances)
        {
            var use = instance.Gate.UseOf(instance);
            if (_reported.TryGetValue(instance.Id, out var earlier) && earlier == (use.Taken, use.InUse))
            {
                continue;
            }

            _reported[instance.Id] = (use.Taken, use.InUse);
            report.Instances.Add(new InstanceLoad { Instance = instance.Id, InFlight = use.InUse, IdleMs = (long)use.Idle.TotalMilliseconds });
        }

        if (report.Instances.Count + report.Revisions.Count > 0)
        {
            outbox.Post(new GatewayMessage { Load = report });
        }
    }

    private void AskAgain()
    {
        var isHopeless = health.DownFor > HopelessAfter;
        foreach (var gate in gates.Gates)
        {
            if (!gate.HasLine)
            {
                continue;   // Looked at without its lock: most gates are idle, and a line that begins this instant has asked by itself.
            }

            var load = gate.Load();

            if (isHopeless && load is { Slots: 0, InUse: 0 })
            {
                gate.ActivationFailed(InvocationError.Unavailable, "no instance is running, and the controller, which would start one, is not reachable");
            }
            else if (!load.IsAtMax)   // The gate itself asks now and then.
            {
                outbox.CapacityWanted(gate);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1010, LogLevel.Error, "A load report failed")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}
