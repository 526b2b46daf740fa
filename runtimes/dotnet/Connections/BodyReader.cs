using Faas.Runtime.DotNet.Functions;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>Collects a whole body before the function starts, for parameters that need all of it.</summary>
internal static class BodyReader
{
    /// <summary>
    /// Reads to the end of the body and gives it to <paramref name="invocation"/>. <paramref name="refused"/> says why it must not run: it is too
    /// large or was cancelled meanwhile. False when the peer has closed the connection.
    /// </summary>
    public static bool TryRead(FrameReader frames, Invocation invocation, long bytesMax, out FailureMessage? refused)
    {
        refused = null;
        var limit = bytesMax;
        var announced = invocation.Head.ContentLength;
        var body = Array.Empty<byte>();
        if (announced > 0 && announced <= bytesMax && !TryResize(ref body, announced, filled: 0))
        {
            bytesMax = -1;
        }

        long length = 0;
        while (frames.TryReadHeader(out var header))
        {
            if (header.Stream != invocation.Stream)
            {
                if (!frames.TrySkip(header.PayloadLength))
                {
                    return false;
                }

                continue;   // Left over from the invocation before.
            }

            if (header.Type == FrameType.Cancel)
            {
                invocation.Cancel();
                refused = Refuse("Unhandled", typeof(OperationCanceledException), "the invocation was cancelled before its body had arrived");
                return frames.TrySkip(header.PayloadLength);
            }

            if (header.Type != FrameType.RequestBody)
            {
                throw new WorkerProtocolException($"a {header.Type} frame inside a body");
            }

            if (length + header.PayloadLength > bytesMax || !TryMakeRoom(ref body, (int)length, header.PayloadLength))
            {
                body = [];   // The rest is only read to get past it.
                bytesMax = -1;
            }

            if (!(bytesMax < 0 ? frames.TrySkip(header.PayloadLength) : frames.TryReadInto(body.AsSpan((int)length, header.PayloadLength))))
            {
                return false;
            }

            length += header.PayloadLength;
            if ((header.Flags & FrameMarks.EndOfBody) != 0)
            {
                if (bytesMax < 0)
                {
                    refused = Refuse("TooLarge", typeof(InvalidOperationException),
                        $"the body has {length} bytes; this handler takes it whole, and with this memory limit at most {limit}. A Stream parameter takes any size");
                    return true;
                }

                invocation.Body = body.AsMemory(0, (int)length);
                return true;
            }
        }

        return false;
    }

    private static bool TryMakeRoom(ref byte[] body, int length, int more) =>
        body.Length - length >= more || TryResize(ref body, Math.Max(body.Length * 2L, length + more), length);

    /// <summary>
    /// False when the heap has no room: then the invocation is refused, and the others go on. What lies beyond <paramref name="filled"/> is not cleared, so nobody may see it before it
    /// has been read into.
    /// </summary>
    private static bool TryResize(ref byte[] body, long length, int filled)
    {
        try
        {
            var resized = GC.AllocateUninitializedArray<byte>((int)Math.Min(length, Array.MaxLength));
            body.AsSpan(0, filled).CopyTo(resized);
            body = resized;
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }

    private static FailureMessage Refuse(string kind, Type type, string message) =>
        new() { Kind = kind, ErrorType = type.FullName!, Message = message };
}
