using Faas.Instances.Drivers;

namespace Faas.Instances.Stems;

/// <summary>
/// Freezes one sandbox and thaws it, until its end begins: from then on it runs and nobody can freeze it again, because whoever waits for a frozen process waits
/// for ever. The lock guards <c>_isOver</c> together with the write to the kernel; both are short, and nothing is awaited below it.
/// </summary>
internal sealed class Freezer(IInstanceDriver driver, TimeProvider time)
{
    /// <summary>On an idle machine the kernel is done within these, 0.2 ms; on a busy one it takes until each thread had its turn, 4 ms and more.</summary>
    private const int LooksWithoutPause = 20;

    /// <summary>Altogether about a second: at a load of 9 for each core the slowest of 400 took 0.1 s. A process that waits for a disk may take longer than that.</summary>
    private const int LooksMax = 1000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private bool _isOver;

    /// <summary>
    /// Freezes it and waits until it stands still. False when it cannot be frozen, its end has begun, or somebody thawed it meanwhile; then it runs.
    /// </summary>
    public async Task<bool> FreezeAsync(Launched sandbox, CancellationToken cancellationToken)
    {
        if (driver is not IFreezable { CanFreeze: true } freezable || freezable.GroupOf(sandbox) is not { } group || !TryBegin(group))
        {
            return false;
        }

        var state = FreezeState.Freezing;
        try
        {
            for (var looks = 0; state == FreezeState.Freezing && looks < LooksMax; looks++)
            {
                if (looks >= LooksWithoutPause)
                {
                    await Task.Delay(Pause, time, cancellationToken);
                }

                state = group.State();
            }
        }
        finally
        {
            if (state == FreezeState.Freezing)
            {
                group.TryThaw();   // half frozen is worse than running
            }
        }

        return state == FreezeState.Frozen;
    }

    /// <summary>
    /// Lets it run again; idempotent. False when its end has begun, or it has no group (any more). True does not promise that it lives: on version 1 a signal
    /// that killed it while it was frozen takes effect only now, and its end is reported as any other.
    /// </summary>
    public bool Thaw(Launched sandbox)
    {
        lock (_lock)
        {
            return !_isOver && TryThaw(sandbox);
        }
    }

    /// <summary>Its end begins: it runs from now on.</summary>
    public void ThawForGood(Launched sandbox)
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                _isOver = true;
                TryThaw(sandbox);
            }
        }
    }

    private bool TryBegin(ControlGroup group)
    {
        lock (_lock)
        {
            return !_isOver && group.TryFreeze();
        }
    }

    private bool TryThaw(Launched sandbox) => driver is IFreezable { CanFreeze: true } freezable && freezable.GroupOf(sandbox)?.TryThaw() is true;
}
