namespace Faas.Events.Triggers;

/// <summary>
/// How long a source waits because its function keeps failing: a backlog shall not become dead letters while a database is down. Thread-safe; knows no clock.
/// </summary>
internal sealed class FailureStreak
{
    /// <summary>Failures in a row before the first pause: single events that cannot succeed are no reason for one.</summary>
    public const int Tolerated = 5;

    private static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private int _failures;
    private TimeSpan _pause;
    private DateTimeOffset _goesOnAt;

    /// <summary>When the next event may be given.</summary>
    public DateTimeOffset GoesOnAt
    {
        get
        {
            lock (_lock)
            {
                return _goesOnAt;
            }
        }
    }

    /// <summary>An event has become a dead letter. True when there is a new pause, twice as long as the one before.</summary>
    public bool Failed(DateTimeOffset now)
    {
        lock (_lock)
        {
            _failures++;
            if (_failures < Tolerated || now < _goesOnAt)
            {
                return false;   // what began before the pause, beside the event that caused it, says nothing new
            }

            _pause = _pause == TimeSpan.Zero ? PauseMin : _pause * 2 < PauseMax ? _pause * 2 : PauseMax;
            _goesOnAt = now + _pause;
            return true;
        }
    }

    /// <summary>An event has succeeded.</summary>
    public void Succeeded()
    {
        lock (_lock)
        {
            (_failures, _pause, _goesOnAt) = (0, TimeSpan.Zero, default);
        }
    }
}
