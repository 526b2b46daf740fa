using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Faas.Events;

/// <summary>
/// Runs what is due: claims entries lane by lane, in turns, as far as there is room, and starts their attempts. It is driven by what happens (an acceptance, an
/// attempt's end, a time that has come) and polls nothing.
/// </summary>
internal sealed partial class QueuePump : BackgroundService
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly IInvocationQueue _queue;
    private readonly IFunctionDirectory _functions;
    private readonly EventsSetup _setup;
    private readonly AttemptRunner _runner;
    private readonly Completions _completions;
    private readonly TimeProvider _time;
    private readonly ILogger<QueuePump> _logger;
    private readonly LaneTable _lanes;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private int _isWoken;
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _recovered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public QueuePump(EventsSetup setup, AttemptRunner runner, Completions completions, TimeProvider time, ILogger<QueuePump> logger)
    {
        (_queue, _functions, _setup) = (setup.Queue, setup.Functions, setup);
        (_runner, _completions, _time, _logger) = (runner, completions, time, logger);
        _lanes = new LaneTable(LimitOf, setup.Options.AttemptsMax);
    }

    /// <summary>
    /// Completes when what a killed predecessor was running has been put back. Nothing may be claimed before: it has the same owner, and would be taken for the predecessor's.
    /// </summary>
    public Task Recovered => _recovered.Task;

    /// <summary>The attempts that run.</summary>
    public RunningAttempts Attempts { get; } = new();

    /// <summary>The lanes.</summary>
    public LaneTable Lanes => _lanes;

    /// <summary>The predecessor's attempts are put back.</summary>
    public void MarkRecovered() => _recovered.TrySetResult();

    /// <summary>A lease that begins now.</summary>
    public Lease NewLease()
    {
        var now = _time.GetUtcNow();
        return new Lease(_setup.Owner, now, now + _setup.Options.Lease);
    }

    /// <summary>An entry was accepted, or is to be tried again.</summary>
    public void Queued(string lane, DateTimeOffset dueAt)
    {
        _lanes.Queued(lane, dueAt);
        Wake();
    }

    /// <summary>Runs an entry for which room was taken, now or when its turn comes.</summary>
    public void Start(Claim claim)
    {
        Attempts.Begin(claim.Key);
        if (_lanes.TryBeginRun(claim))
        {
            Run(claim);
        }
        else if (LimitOf(claim.Entry.Lane) == 0)
        {
            OnHoldsChanged();   // it is held back since it was claimed
        }
    }

    /// <summary>Other events are held back than before: what may run now does, and what was claimed ahead and may not goes back, so that it takes nobody's room.</summary>
    public void OnHoldsChanged()
    {
        foreach (var held in _lanes.TakeHeld())
        {
            Task.Run(() => PutBackHeldAsync(held), CancellationToken.None);   // Attempts knows of it until it is put back
        }

        foreach (var claim in _lanes.BeginRuns())
        {
            Run(claim);
        }

        Wake();
    }

    /// <summary>Looks for what is due.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _isWoken, 1) == 0)
        {
            _wake.Release();   // else it is awake, and will look once more
        }
    }

    /// <summary>Takes no more entries, lets attempts end for a while, and puts back what has not.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(_lanes.TakeAhead().Select(PutBackAsync));
        try
        {
            await Attempts.WaitUntilIdleAsync().WaitAsync(_setup.Options.DrainTime, _time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            await _closing.CancelAsync();
            await Attempts.WaitUntilIdleAsync().WaitAsync(TimeSpan.FromSeconds(5), _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public override void Dispose()
    {
        _closing.Dispose();
        _wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Recovered.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // One time for both: what became due between two looks at the clock would be neither claimed nor waited for.
                var now = _time.GetUtcNow();
                if (!await ClaimRoundAsync(now))
                {
                    await SleepAsync(now, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Claims from every lane that has something due and room, all in one commit. False when there is none.</summary>
    private async Task<bool> ClaimRoundAsync(DateTimeOffset now)
    {
        var claims = new List<Task>();
        while (_lanes.BeginClaim(now) is { } claim)
        {
            claims.Add(ClaimAsync(claim));
        }

        await Task.WhenAll(claims);
        return claims.Count > 0;
    }

    /// <summary>Until somebody wakes it, or the next entry is due.</summary>
    private async Task SleepAsync(DateTimeOffset now, CancellationToken ct)
    {
        var pause = _lanes.NextDueAfter(now) is { } next ? next - now : Timeout.InfiniteTimeSpan;
        if (pause != Timeout.InfiniteTimeSpan)
        {
            pause = TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(pause.TotalMilliseconds), 1, TimeSpan.FromHours(1).TotalMilliseconds));
        }

        using var timer = _time.CreateTimer(static pump => ((QueuePump)pump!).Wake(), this, pause, Timeout.InfiniteTimeSpan);
        await _wake.WaitAsync(ct);
        Interlocked.Exchange(ref _isWoken, 0);   // with a fence, before it looks: who comes after the look wakes it again
    }

    private async Task ClaimAsync(LaneClaim wish)
    {
        try
        {
            var lease = NewLease();
            var claims = await _queue.ClaimAsync(wish.Lane, wish.Count, lease.StartedAt, lease, CancellationToken.None);
            _lanes.EndClaim(wish, claims.Entries.Count, claims.NextDueAt);
            foreach (var claim in claims.Entries)
            {
                Start(claim);
            }
        }
        catch (Exception exception)   // the top of a round: the store may be able again in a second
        {
            Log.NotClaimed(_logger, exception, wish.Lane);
            _lanes.EndClaim(wish, 0, _time.GetUtcNow() + PauseAfterFailure);
        }
    }

    private void Run(Claim claim) => Task.Run(() => RunAsync(claim), CancellationToken.None);   // Attempts knows of it until it ends

    private void EndRun(string lane)
    {
        if (_lanes.EndRun(lane) is { } next)
        {
            Run(next);
        }
    }

    private async Task RunAsync(Claim claim)
    {
        var lane = claim.Entry.Lane;
        var after = Aftermath.NotOurs;
        try
        {
            after = await _runner.RunAsync(claim, () => EndRun(lane), Attempts.StopOf(claim.Key), _closing.Token);
        }
        catch (Exception exception)   // the top of an attempt: its lease ends, and it is tried again as one that was cut off
        {
            Log.Failed(_logger, exception, claim.Entry.Id);
        }

        _lanes.Release(lane);
        foreach (var (queued, dueAt) in after.Queued)
        {
            _lanes.Queued(queued, dueAt);
        }

        if (after.HasEnded)
        {
            _completions.Signal(claim.Entry.Id);
        }

        Attempts.End(claim.Key);
        Wake();
    }

    /// <summary>Gives back what was claimed ahead and has not begun.</summary>
    private async Task PutBackAsync(Claim claim)
    {
        try
        {
            await _queue.EndAsync(
                new AttemptEnd { Claim = claim.Key, Record = null, Next = InvocationState.Queued, At = claim.Entry.DueAt, Failures = claim.Failures }, CancellationToken.None);
        }
        catch (Exception exception)   // then its lease ends by itself
        {
            Log.Failed(_logger, exception, claim.Entry.Id);
        }

        Attempts.End(claim.Key);
    }

    private async Task PutBackHeldAsync(Claim claim)
    {
        await PutBackAsync(claim);
        _lanes.Release(claim.Entry.Lane);
        Queued(claim.Entry.Lane, claim.Entry.DueAt);
    }

    private int LimitOf(string lane)
    {
        if (LaneName.IsOfDeliveries(lane))
        {
            return AttemptTransports.DeliveryPolicy.Concurrency!.Value;
        }

        // What is left of a function that was deleted only becomes dead letters, a few at a time.
        var limit = _functions.Find(lane) is { } spec ? LimitOf(spec) : 1;
        return _setup.Holds.LimitOf(lane) is { } held ? Math.Min(held, limit) : limit;
    }

    private static int LimitOf(FunctionSpec spec)
    {
        var slots = (int)Math.Min(int.MaxValue, (long)spec.MaxInstances * spec.Concurrency);
        return spec.Async?.Concurrency ?? Math.Max(1, slots - 1);
    }

    private static partial class Log
    {
        [LoggerMessage(4010, LogLevel.Error, "Events of {Lane} could not be claimed; tried again in a second")]
        public static partial void NotClaimed(ILogger logger, Exception exception, string lane);

        [LoggerMessage(4011, LogLevel.Error, "The attempt of event {Id} failed in the platform; it is tried again when its lease ends")]
        public static partial void Failed(ILogger logger, Exception exception, string id);
    }
}
