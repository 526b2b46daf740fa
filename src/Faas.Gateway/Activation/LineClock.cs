namespace Faas.Gateway.Activation;

/// <summary>
/// One timer for all who wait in a line. It is not set for each of them: it stays set for the earliest deadline, which with most lines is that of somebody who has long been served,
/// and is then set again for what is left. So joining a line costs no timer operation. Belongs to the lock of its gate.
/// </summary>
internal sealed class LineClock(TimeProvider clock, TimerCallback expire)
{
    private ITimer? _timer;
    private long _setFor;

    /// <summary>Somebody waits until this timestamp at most.</summary>
    public void Set(long deadline)
    {
        if (_setFor != 0 && _setFor <= deadline)
        {
            return;
        }

        _setFor = deadline;
        var left = clock.GetElapsedTime(clock.GetTimestamp(), deadline);
        // Rounded up to whole ms, which is what timers count in: rounding down would spin.
        var due = left > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)) : TimeSpan.Zero;
        _timer ??= clock.CreateTimer(expire, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The timer has fired.</summary>
    public void Fired() => _setFor = 0;
}
