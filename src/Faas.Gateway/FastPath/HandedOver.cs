using System.Diagnostics.CodeAnalysis;

namespace Faas.Gateway.FastPath;

/// <summary>
/// A connection feature: the first request that Kestrel reads on this connection has begun on the fast path already. Kestrel's sight of it goes to the invocation that runs, and Kestrel
/// waits until that is over.
/// </summary>
internal sealed class HandedOver
{
    private readonly TaskCompletionSource<HttpContext> _seen = new();
    private readonly TaskCompletionSource _over = new();
    private int _isTaken;

    /// <summary>The request as ASP.NET sees it.</summary>
    public Task<HttpContext> Seen => _seen.Task;

    /// <summary>Kestrel has read a request. False for any but the first. <paramref name="over"/> completes when the invocation is over.</summary>
    public bool TryTake(HttpContext http, [NotNullWhen(true)] out Task? over)
    {
        over = null;
        if (Interlocked.Exchange(ref _isTaken, 1) != 0)
        {
            return false;
        }

        over = _over.Task;
        _seen.TrySetResult(http);
        return true;
    }

    /// <summary>Kestrel takes no connection any more.</summary>
    public void Refuse() => _seen.TrySetException(new IOException("the gateway ends"));

    /// <summary>The invocation is over.</summary>
    public void End() => _over.TrySetResult();
}
