using System.Buffers.Binary;
using System.Net.Sockets;
using Faas.Runtime.DotNet.Functions;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>Looks for a Cancel frame or the end of a connection without reading from it.</summary>
internal static class CancelPeek
{
    /// <summary>The gateway owns the timeout. If its Cancel is stuck behind a body that nobody reads, the worker notices this much later.</summary>
    private static readonly TimeSpan TimeoutSlack = TimeSpan.FromMilliseconds(250);

    /// <summary>Whether nobody waits for <paramref name="invocation"/> any more.</summary>
    /// <param name="invocation">What runs on the connection.</param>
    /// <param name="socket">Its socket, which nobody reads now.</param>
    /// <param name="unread">What was received and not read.</param>
    /// <param name="running">How long it has been running.</param>
    public static bool Finds(Invocation invocation, Socket socket, ReadOnlySpan<byte> unread, TimeSpan running)
    {
        if (running > invocation.Timeout + TimeoutSlack)
        {
            return true;
        }

        if (invocation.HasPump)
        {
            return false;   // The pump reads the socket itself.
        }

        // The frame may have begun to arrive together with the request.
        Span<byte> frame = stackalloc byte[FrameHeader.Length];
        unread[..Math.Min(unread.Length, frame.Length)].CopyTo(frame);
        Span<byte> peeked = stackalloc byte[FrameHeader.Length];
        int count;
        try
        {
            count = WorkerSocket.Peek(socket, peeked);
        }
        catch (ObjectDisposedException)
        {
            return true;
        }

        if (count == 0)
        {
            return true;
        }

        var missing = frame.Length - Math.Min(unread.Length, frame.Length);
        if (missing > 0 && count < missing)
        {
            return false;
        }

        peeked[..missing].CopyTo(frame[(frame.Length - missing)..]);
        return frame[4] == (byte)FrameType.Cancel && BinaryPrimitives.ReadUInt32LittleEndian(frame[8..]) == invocation.Stream;
    }
}
