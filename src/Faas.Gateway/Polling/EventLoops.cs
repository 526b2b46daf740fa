namespace Faas.Gateway.Polling;

/// <summary>The gateway's event loops; sockets go round them.</summary>
internal sealed class EventLoops(ILogger<EventLoop> logger) : IDisposable
{
    /// <summary>One for two cores: what goes from socket to socket stays on one of them, and the others are the functions'.</summary>
    private readonly EventLoop[] _loops = [.. Enumerable.Range(1, Math.Max(1, Environment.ProcessorCount / 2)).Select(number => new EventLoop($"loop {number}", logger))];

    private uint _next;

    /// <summary>All of them.</summary>
    public IReadOnlyList<EventLoop> All => _loops;

    /// <summary>The next socket's.</summary>
    public EventLoop Next() => _loops[Interlocked.Increment(ref _next) % (uint)_loops.Length];

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_loops, loop => loop.Dispose());
}
