using Faas.Gateway.Polling;

namespace Faas.Gateway.Stalls;

/// <summary>A probe of an event loop's thread.</summary>
internal sealed class LoopProbe(EventLoop loop, TimeProvider clock) : ThreadProbe(clock), ILoopWork
{
    /// <inheritdoc/>
    public void Run() => Answer(null);

    /// <inheritdoc/>
    public override void Dispose()
    {
        // There is nothing that the loop would keep.
    }

    /// <inheritdoc/>
    protected override void Ask() => loop.Post(this);
}
