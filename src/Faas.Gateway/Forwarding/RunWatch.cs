namespace Faas.Gateway.Forwarding;

/// <summary>
/// Ends an invocation that runs too long or whose instance is gone, by cancelling a token. One lives as long as its connection and is used for one
/// invocation after the other. Its timer is not set for each: it stays set for an earlier one's deadline and, when it fires too early, sets itself
/// again. So a warm invocation costs no timer operation.
/// </summary>
internal sealed class RunWatch : IDisposable
{
    private readonly Lock _lock = new();
    private CancellationTokenSource _source = new();
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _gone;
    private CancellationTokenRegistration _caller;
    private long _deadline;
    private long _timerSetFor;
    private RunEnd _end;

    public RunWatch(TimeProvider clock, CancellationToken instanceGone)
    {
        _clock = clock;
        _timer = clock.CreateTimer(static state => ((RunWatch)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _gone = instanceGone.UnsafeRegister(static state => ((RunWatch)state!).Cancel(RunEnd.InstanceGone), this);
    }

    /// <summary>Why the running invocation's token was cancelled.</summary>
    public RunEnd End
    {
        get
        {
            lock (_lock)
            {
                return _end;
            }
        }
    }

    /// <summary>What is left of the running invocation's time.</summary>
    public TimeSpan Left
    {
        get
        {
            lock (_lock)
            {
                var now = _clock.GetTimestamp();
                return _deadline > now ? _clock.GetElapsedTime(now, _deadline) : TimeSpan.Zero;
            }
        }
    }

    /// <summary>
    /// An invocation starts. Its token is its own: an earlier one on the same connection may still be writing to a slow caller. It is cancelled
    /// with <paramref name="callerGone"/> too, which leaves <see cref="End"/> as it is.
    /// </summary>
    public CancellationToken Start(TimeSpan timeout, CancellationToken callerGone)
    {
        lock (_lock)
        {
            if (_end == RunEnd.InstanceGone)
            {
                return new CancellationToken(canceled: true);
            }

            _end = RunEnd.None;
            _source = new CancellationTokenSource();
            _caller = callerGone.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
            _deadline = _clock.GetTimestamp() + (long)(timeout.TotalSeconds * _clock.TimestampFrequency);
            if (_timerSetFor == 0 || _timerSetFor > _deadline)
            {
                _timerSetFor = _deadline;
                _timer.Change(timeout, Timeout.InfiniteTimeSpan);
            }

            return _source.Token;
        }
    }

    /// <summary>The invocation is over, or may run as long as it likes.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _deadline = 0;
            _caller.Unregister();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gone.Dispose();
        _timer.Dispose();
        // The sources have no timer and no wait handle, so there is nothing to dispose of; late readers of a token stay safe.
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            _timerSetFor = 0;
            if (_deadline == 0)
            {
                return;
            }

            var now = _clock.GetTimestamp();
            if (now < _deadline)
            {
                // Rounded up to whole ms, which is what timers count in: rounding down would spin.
                var left = TimeSpan.FromMilliseconds(Math.Ceiling(_clock.GetElapsedTime(now, _deadline).TotalMilliseconds));
                _timerSetFor = _deadline;
                _timer.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        // Between the two locks the invocation may end and the next one start: then its deadline lies ahead, and Cancel does nothing.
        Cancel(RunEnd.Timeout);
    }

    private void Cancel(RunEnd end)
    {
        CancellationTokenSource source;
        lock (_lock)
        {
            if (_end != RunEnd.None || (end == RunEnd.Timeout && (_deadline == 0 || _clock.GetTimestamp() < _deadline)))
            {
                return;
            }

            _end = end;
            source = _source;
        }

        source.Cancel();
    }
}

/// <summary>Why an invocation was ended from outside.</summary>
internal enum RunEnd
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>The function's timeout ran out.</summary>
    Timeout,

    /// <summary>The controller says that the instance ended.</summary>
    InstanceGone,
}
