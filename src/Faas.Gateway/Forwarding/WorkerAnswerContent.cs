using System.Net;

namespace Faas.Gateway.Forwarding;

/// <summary>An answer's body as YARP reads it: straight from the data connection.</summary>
internal sealed class WorkerAnswerContent(WorkerExchange exchange) : HttpContent
{
    /// <inheritdoc/>
    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new WorkerAnswerStream(exchange));

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => new WorkerAnswerStream(exchange).CopyToAsync(stream);

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}

/// <summary>Reads an answer's body.</summary>
internal sealed class WorkerAnswerStream(WorkerExchange exchange) : ReadOnlyStream
{
    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => exchange.ReadBodyAsync(buffer, cancellationToken);
}
