using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Link;

namespace Faas.Gateway.Uplink;

/// <summary>
/// Tells the controller every 250 ms which instances changed (and all of them every 2 s), asks again every 500 ms for revisions that
/// somebody waits for, and ends waiting that has become hopeless because the controller is away.
/// </summary>
internal sealed partial class LoadReports(GateTable gates, Outbox outbox, LinkHealth health, ILogger<LoadReports> logger, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Without an instance and without a controller for this long, nobody will be served; the controller is back within a few seconds after a crash.</summary>
    private static readonly TimeSpan HopelessAfter = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, (long Taken, int InUse)> _reported = new(StringComparer.Ordinal);
    private long _round;

    /// <summary>One round.</summary>
    public void Round()
    {
        var everything = _round % 8 == 0;
        if (!outbox.IsBacklogged)
        {
            Report(everything);
        }

        if (_round++ % 2 == 0)
        {
            AskAgain();
        }
    }

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
        if (everything)
        {
            _reported.Clear();   // Also forgets instances that are gone.
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

        if (report.Instances.Count > 0)
        {
            outbox.Post(new GatewayMessage { Load = report });
        }
    }

    private void AskAgain()
    {
        var isHopeless = health.DownFor > HopelessAfter;
        foreach (var gate in gates.Gates)
        {
            var load = gate.Load();
            if (load.Waiting == 0)
            {
                continue;
            }

            if (isHopeless && load.Instances == 0)
            {
                gate.ActivationFailed(InvocationError.Unavailable, "no instance is running, and the controller, which would start one, is not reachable");
            }
            else
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
