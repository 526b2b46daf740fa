using System.Buffers;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Invocation;

/// <summary>Who has sent a request and waits for its answer, as far as an invocation must know.</summary>
internal abstract class Caller
{
    /// <summary>Cancelled when the caller's connection closes.</summary>
    public abstract CancellationToken Gone { get; }

    /// <summary>Bytes of the request's body; null when it does not say.</summary>
    public abstract long? ContentLength { get; }

    /// <summary>Bytes of the request's body if it goes to a worker as a whole, with its head; null when it is long, or of unknown length.</summary>
    public abstract int? SmallBody { get; }

    /// <summary>The answer's status. 200 until there is one.</summary>
    public abstract int Status { get; }

    /// <summary>Whether an answer to this request, with this status, has a body.</summary>
    public abstract bool TakesBody { get; }

    /// <summary>Whether bytes of the answer may have left.</summary>
    public abstract bool HasAnswer { get; }

    /// <summary>The request's method.</summary>
    public abstract string Method { get; }

    /// <summary>Whether the request came over https.</summary>
    public abstract bool IsHttps { get; }

    /// <summary>The caller's address; empty when it has none.</summary>
    public abstract string RemoteAddress { get; }

    /// <summary>Writes the request's headers as they reach the function: their count as u16, then the pairs. <paramref name="traceParent"/> comes first, in the place of the caller's own; null where that goes on as it is.</summary>
    public abstract void WriteHeaders(PayloadWriter output, string invocationId, string? traceParent);

    /// <summary>The whole small body; null when the caller did not send it, and the invocation says why. Valid until <see cref="AdvanceBody"/>.</summary>
    public abstract ValueTask<ReadOnlySequence<byte>?> ReadBodyAsync(LiveInvocation invocation, TimeProvider clock);

    /// <summary>The body has reached its function; or has not, and another one needs it.</summary>
    public abstract void AdvanceBody(ReadOnlySequence<byte> body, bool isUsed);

    /// <summary>Takes status and headers from the payload of a Response frame. False when this caller's connection cannot answer so: then <see cref="ToHttpAsync"/> can.</summary>
    /// <exception cref="WorkerProtocolException">The frame is malformed.</exception>
    /// <exception cref="InvalidOperationException">A header has characters that HTTP doesn't allow, or the status is none.</exception>
    public abstract bool TryTakeHead(ReadOnlySpan<byte> response, int bodyLength, LiveInvocation invocation);

    /// <summary>Sends the answer whose head was taken, with this body or without. Returns when <paramref name="body"/> is not needed any more.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> body);

    /// <summary>The same request as ASP.NET sees it, for whatever is more than a small answer.</summary>
    /// <exception cref="IOException">The connection is closed.</exception>
    public abstract ValueTask<HttpCaller> ToHttpAsync();

    /// <summary>Ends the connection: what was sent of the answer cannot be completed.</summary>
    public abstract void Abort();

    /// <summary>The invocation is over. Nothing of this is used after it.</summary>
    public abstract void End();
}
