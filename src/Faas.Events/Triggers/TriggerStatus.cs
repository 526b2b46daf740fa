using Faas.Contracts.Api;

namespace Faas.Events.Triggers;

/// <summary>How a trigger does, for its users to see; counted since the platform's start. Thread-safe.</summary>
internal sealed class TriggerStatus(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly MinuteCount _minute = new();
    private TriggerState _state = TriggerState.Starting;
    private string? _detail;
    private DateTimeOffset? _againAt;
    private string? _backingOff;
    private DateTimeOffset _backingOffUntil;
    private DateTimeOffset? _nextAt;
    private long? _lag;
    private long _events;
    private long _failures;
    private long _skipped;
    private (string Id, DateTimeOffset At)? _lastEvent;
    private (string Text, DateTimeOffset At)? _lastError;

    /// <summary>The source works.</summary>
    public void Connected()
    {
        lock (_lock)
        {
            (_state, _detail, _againAt) = (TriggerState.Running, null, null);
        }
    }

    /// <summary>The source does not work, and tries by itself to work again.</summary>
    public void Failed(string text) => Restarting(text, null);

    /// <summary>Events that wait at the source; null when nobody knows.</summary>
    public void Lag(long? events)
    {
        lock (_lock)
        {
            _lag = events;
        }
    }

    /// <summary>When the next event is expected; null when nobody knows.</summary>
    public void Next(DateTimeOffset? at)
    {
        lock (_lock)
        {
            _nextAt = at;
        }
    }

    /// <summary>Events that were left out, as the trigger's spec says.</summary>
    public void Skipped(long events)
    {
        lock (_lock)
        {
            _skipped += events;
        }
    }

    /// <summary>The source does not run, or begins to.</summary>
    public void Starting()
    {
        lock (_lock)
        {
            (_state, _detail, _againAt, _nextAt, _lag, _backingOff) = (TriggerState.Starting, null, null, null, null, null);
        }
    }

    /// <summary>The source has failed, and is run again at <paramref name="at"/>.</summary>
    public void Restarting(string text, DateTimeOffset? at)
    {
        lock (_lock)
        {
            (_state, _detail, _againAt) = (TriggerState.Failing, text, at);
            _lastError = (text, time.GetUtcNow());
        }
    }

    /// <summary>Events wait until then.</summary>
    public void BackingOff(string text, DateTimeOffset until)
    {
        lock (_lock)
        {
            (_backingOff, _backingOffUntil) = (text, until);
        }
    }

    /// <summary>An event was accepted.</summary>
    public void Accepted(string id)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            _events++;
            _minute.Add(now);
            _lastEvent = (id, now);
        }
    }

    /// <summary>An event was refused for good, or has become a dead letter.</summary>
    public void EventFailed(string text)
    {
        lock (_lock)
        {
            _failures++;
            _lastError = (text, time.GetUtcNow());
        }
    }

    /// <summary>What users are told of <paramref name="trigger"/>.</summary>
    public TriggerDescription Describe(Trigger trigger)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var isBackingOff = _backingOff is not null && _backingOffUntil > now;
            var known = TriggerDescription.Of(trigger.Key.Function, trigger.Spec);
            return known with
            {
                State = trigger.IsPaused ? TriggerState.Paused : isBackingOff ? TriggerState.BackingOff : _state,
                Detail = trigger.IsPaused ? null : isBackingOff ? _backingOff : _detail,
                AgainAt = trigger.IsPaused ? null : isBackingOff ? _backingOffUntil : _againAt,
                NextAt = trigger.IsPaused ? null : _nextAt,
                Lag = _lag,
                Events = _events,
                EventsLastMinute = _minute.At(now),
                Failures = _failures,
                Skipped = _skipped,
                LastEvent = _lastEvent?.Id,
                LastEventAt = _lastEvent?.At,
                LastError = _lastError?.Text,
                LastErrorAt = _lastError?.At,
            };
        }
    }
}
