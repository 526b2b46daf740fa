using System.Globalization;
using Faas.Gateway.Polling;

namespace Faas.Gateway.Stalls;

/// <summary>
/// The watchdog of the threads that wait for the network: the event loops, and .NET's own for what left the fast path. Requests run on them (both inline settings), so one blocking call
/// stalls every connection of its thread. A thread of its own sends each a beat every 100 ms and says which code it is in when none came back for 250 ms. The price is a byte through a socket pair
/// ten times a second for each such thread, nothing for each request.
/// </summary>
internal sealed partial class StallWatch(EventLoops loops, ILogger<StallWatch> logger, TimeProvider clock) : IHostedLifecycleService, IDisposable
{
    /// <summary>Between two reports: reading a stack stops the process for some hundred milliseconds, and a bug that stalls does so again and again.</summary>
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(10);

    /// <summary>The thread may be reading a stack; the process ends without it.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(1);

    /// <summary>Sockets go round the threads, those of others too; so many tries for each thread find all of them.</summary>
    private const int TriesPerThread = 4;

    private readonly ManualResetEventSlim _ending = new();
    private readonly List<ThreadProbe> _probes = [];
    private Thread? _thread;
    private long _reportedAt;
    private int _untold;

    /// <summary>Begins once the gateway listens: a start that fails has nothing to watch, and says so in one line of its own.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "stalls" };
        _thread.Start();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _ending.Set();
        _thread?.Join(StopLimit);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_thread is not { IsAlive: true })
        {
            _ending.Dispose();
        }
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Run()
    {
        try
        {
            FindThreads();
            Watch();
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception);
        }
        finally
        {
            _probes.ForEach(probe => probe.Dispose());
        }
    }

    /// <summary>A probe for each thread. None for .NET's own when continuations do not run there: nothing can stall them then.</summary>
    private void FindThreads()
    {
        foreach (var loop in loops.All)
        {
            var probe = new LoopProbe(loop, clock);
            probe.Send();
            _probes.Add(probe);
        }

        var count = int.TryParse(Environment.GetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"), NumberStyles.None, CultureInfo.InvariantCulture, out var set)
            ? set
            : Environment.ProcessorCount;
        for (var i = 0; i < count * TriesPerThread && _probes.Count < count + loops.All.Count; i++)
        {
            var probe = new EngineProbe(clock);
            probe.Send();
            while (!probe.IsAnswered)
            {
                if (_ending.Wait(StallJudge.Interval))
                {
                    probe.Dispose();
                    return;
                }
            }

            if (probe.Thread < 0 || _probes.Exists(other => other.Thread == probe.Thread))
            {
                probe.Dispose();
            }
            else
            {
                _probes.Add(probe);
            }
        }
    }

    private void Watch()
    {
        if (_probes.Count > 0)
        {
            Log.Watching(logger, _probes.Count);
        }

        var looked = clock.GetTimestamp();
        while (_probes.Count > 0 && !_ending.Wait(StallJudge.Interval))
        {
            var now = clock.GetTimestamp();
            var passed = clock.GetElapsedTime(looked, now);
            looked = now;
            foreach (var probe in _probes)
            {
                Look(probe, passed);
            }
        }
    }

    private void Look(ThreadProbe probe, TimeSpan sinceLastLook)
    {
        if (probe.IsAnswered)
        {
            if (probe.IsStalled)
            {
                probe.IsStalled = false;
                Log.Ended(logger, probe.Thread, (long)clock.GetElapsedTime(probe.SentAt, probe.AnsweredAt).TotalMilliseconds);
            }

            probe.Send();
        }
        else if (!probe.IsStalled && probe.Judge.IsStall(sinceLastLook, ThreadTimes.Of(probe.Thread)))
        {
            Report(probe);
        }
    }

    private void Report(ThreadProbe probe)
    {
        probe.IsStalled = true;
        if (_reportedAt != 0 && clock.GetElapsedTime(_reportedAt) < ReportInterval)
        {
            _untold++;
            return;
        }

        var stalledFor = (long)clock.GetElapsedTime(probe.SentAt).TotalMilliseconds;
        var code = BlockedThread.Describe(probe.Thread);
        _reportedAt = clock.GetTimestamp();
        Log.Stalled(logger, probe.Thread, stalledFor, _untold, code);
        _untold = 0;
    }

    private static partial class Log
    {
        [LoggerMessage(1050, LogLevel.Error,
            "Thread {Thread} has not come back to the network for {Elapsed} ms, so all its connections wait ({Untold} more such stalls since the last report). It is in: {Code}")]
        public static partial void Stalled(ILogger logger, int thread, long elapsed, int untold, string code);

        [LoggerMessage(1051, LogLevel.Warning, "Thread {Thread} is back after {Elapsed} ms")]
        public static partial void Ended(ILogger logger, int thread, long elapsed);

        [LoggerMessage(1053, LogLevel.Information, "Requests run on the network's threads ({Count}); watching that none is blocked")]
        public static partial void Watching(ILogger logger, int count);

        [LoggerMessage(1052, LogLevel.Error, "Nobody watches for stalled threads any more")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
