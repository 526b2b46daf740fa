using Faas.Storage;

namespace Faas.Controller.Metering.Idle;

/// <summary>The memory of one instance, from its first moment to its last. Guarded by the fleet's lock.</summary>
internal sealed class MemoryHold(MemoryMeter meter, string function, long miB)
{
    private MemoryState? _state = MemoryState.Awake;

    /// <summary>The instance is in this state from now on. What has ended stays so.</summary>
    public void Become(MemoryState state)
    {
        if (_state is { } before && before != state)
        {
            meter.Add(function, before, -miB);
            meter.Add(function, state, miB);
            _state = state;
        }
    }

    /// <summary>The instance is gone, or is being stopped.</summary>
    public void End()
    {
        if (_state is { } before)
        {
            meter.Add(function, before, -miB);
            _state = null;
        }
    }
}
