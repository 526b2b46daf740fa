using System.Buffers;
using Faas.Gateway.Invocation;
using Faas.WorkerProtocol;

namespace Faas.Gateway.FastPath;

/// <summary>The caller at the other end of a <see cref="FastConnection"/>, one request after the other. Its answers are small and whole; for all else it becomes an <see cref="HttpCaller"/>.</summary>
internal sealed class FastCaller(FastConnection connection, FastRequest request, string address) : Caller
{
    private FastAnswer _answer;
    private HttpCaller? _http;

    /// <inheritdoc/>
    public override CancellationToken Gone => connection.Gone;

    /// <inheritdoc/>
    public override long? ContentLength => request.BodyLength;

    /// <inheritdoc/>
    public override int? SmallBody => request.BodyLength;

    /// <inheritdoc/>
    public override string Method => request.Method;

    /// <inheritdoc/>
    public override bool IsHttps => false;

    /// <inheritdoc/>
    public override string RemoteAddress => address;

    /// <inheritdoc/>
    public override int Status => _answer.Status == 0 ? StatusCodes.Status200OK : _answer.Status;

    /// <inheritdoc/>
    public override bool TakesBody => !HttpMethods.IsHead(request.Method) && _answer.Status is not (StatusCodes.Status204NoContent or StatusCodes.Status304NotModified);

    /// <inheritdoc/>
    public override bool HasAnswer => _answer.Status != 0;

    /// <summary>The next request begins.</summary>
    public void Reset() => (_answer, _http) = (default, null);

    /// <inheritdoc/>
    public override void WriteHeaders(PayloadWriter output, string invocationId, string? traceParent) => request.WriteHeaders(output, address, invocationId, traceParent);

    /// <inheritdoc/>
    public override ValueTask<ReadOnlySequence<byte>?> ReadBodyAsync(LiveInvocation invocation, TimeProvider clock) => new(new ReadOnlySequence<byte>(request.Body));

    /// <inheritdoc/>
    public override void AdvanceBody(ReadOnlySequence<byte> body, bool isUsed)
    {
        // It stays where it is until the request is over.
    }

    /// <inheritdoc/>
    public override bool TryTakeHead(ReadOnlySpan<byte> response, int bodyLength, LiveInvocation invocation) =>
        _answer.TryWriteHead(response, bodyLength, invocation, connection.Date, connection.IsLast);

    /// <inheritdoc/>
    public override ValueTask SendAsync(ReadOnlyMemory<byte> body)
    {
        _answer.Add(body.Span);
        connection.Send(ref _answer);
        return default;
    }

    /// <inheritdoc/>
    public override async ValueTask<HttpCaller> ToHttpAsync() => _http ??= new HttpCaller(await connection.HandOverRunningAsync());

    /// <inheritdoc/>
    public override void Abort() => connection.Abort();

    /// <inheritdoc/>
    public override void End() => connection.OnRequestOver();
}
