using Faas.Contracts.Invocations;
using Faas.Gateway.Invocation;

namespace Faas.Gateway.Forwarding;

/// <summary>A request's body on its way to a function that serves HTTP: counted, and cut off at the limit.</summary>
internal sealed class CountedBody(Stream body, LiveInvocation invocation) : ReadOnlyStream
{
    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken);
        invocation.AddBytesIn(read);
        if (invocation.BytesIn > invocation.Route.BodyBytesMax)
        {
            invocation.Fail(InvocationError.TooLarge, Invoker.BodyTooLarge(invocation.Route.BodyBytesMax));
            throw new ExchangeFailedException(null);
        }

        return read;
    }
}
