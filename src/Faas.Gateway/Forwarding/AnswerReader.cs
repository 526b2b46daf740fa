using System.Buffers;
using System.Net.Sockets;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Forwarding;

/// <summary>Reads what a worker says on a shared connection, in a buffer that is as large as it must be.</summary>
internal static class AnswerReader
{
    private const int BufferLength = 16 * 1024;

    /// <summary>
    /// Reads until the connection ends. <paramref name="handOut"/> gets everything that was received and not done with, and returns the bytes that are done with now; it runs on the thread
    /// that waits for the network. Returns what the worker did wrong; empty when the connection just ended.
    /// </summary>
    public static async Task<string> ReadAsync(Socket socket, Func<ReadOnlyMemory<byte>, int> handOut)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            var start = 0;
            var end = 0;
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(end), SocketFlags.None, CancellationToken.None);
                if (received == 0)
                {
                    return "";
                }

                end += received;
                start += handOut(buffer.AsMemory(start, end - start));
                (buffer, start, end) = MakeRoom(buffer, start, end);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return "";   // The worker ended, or this side has closed the connection.
        }
        catch (WorkerProtocolException exception)
        {
            return exception.Message;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static (byte[] Buffer, int Start, int End) MakeRoom(byte[] buffer, int start, int end)
    {
        var unread = end - start;
        if (unread == 0 && buffer.Length <= 2 * BufferLength)
        {
            return (buffer, 0, 0);
        }

        // What has begun to come is either small, or one long answer that needs all of this.
        var length = unread < BufferLength / 2 ? BufferLength : unread * 2;
        var target = length <= buffer.Length && buffer.Length <= 2 * BufferLength ? buffer : ArrayPool<byte>.Shared.Rent(length);
        buffer.AsSpan(start, unread).CopyTo(target);
        if (target != buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return (target, 0, unread);
    }
}
