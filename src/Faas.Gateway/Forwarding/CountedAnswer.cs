using System.Net;
using Faas.Gateway.Invocation;

namespace Faas.Gateway.Forwarding;

/// <summary>An answer's body on its way to the caller: counted, and recorded before its last piece is passed on.</summary>
internal sealed class CountedAnswer(HttpContent content, long length, LiveInvocation invocation, Action<int> complete) : HttpContent
{
    /// <inheritdoc/>
    protected override async Task<Stream> CreateContentReadStreamAsync() => new Body(await content.ReadAsStreamAsync(), length, invocation, complete);

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => content.CopyToAsync(stream, context);

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return length >= 0;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            content.Dispose();
        }

        base.Dispose(disposing);
    }

    private sealed class Body(Stream body, long length, LiveInvocation invocation, Action<int> complete) : ReadOnlyStream
    {
        private long _read;

        /// <inheritdoc/>
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await body.ReadAsync(buffer, cancellationToken);
            if (buffer.IsEmpty)
            {
                return 0;
            }

            _read += count;
            invocation.AddBytesOut(count);
            if (count == 0 || _read == length)
            {
                complete(invocation.Http.Response.StatusCode);
            }

            return count;
        }

        /// <inheritdoc/>
        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                body.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
