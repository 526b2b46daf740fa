using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Faas.Gateway.Forwarding;

/// <summary>
/// Sends several pieces of memory in one system call, as much as the socket takes right now. What the base class library has for this neither takes the server's memory as it is nor
/// can be cancelled.
/// </summary>
internal static unsafe partial class GatheringSend
{
    /// <summary>Pieces in one call: a frame's header and its payload, where the server read that in blocks of 32 KiB. What is beyond that is for the next call.</summary>
    private const int PiecesMax = 16;

    private const int WithoutWaitingOrSignal = 0x40 | 0x4000;

    /// <summary>Bytes that were sent. 0 also when nothing can be sent now or ever: the caller's next send, which waits, finds out which.</summary>
    public static int Send(Socket socket, ReadOnlyMemory<byte> first, ReadOnlySequence<byte> rest)
    {
        var pins = new Pins();
        var parts = stackalloc nint[2 * PiecesMax];   // struct iovec[]
        var count = 0;
        try
        {
            Add(first, ref pins, parts, ref count);
            foreach (var piece in rest)
            {
                if (count == PiecesMax)
                {
                    break;
                }

                Add(piece, ref pins, parts, ref count);
            }

            var message = stackalloc nint[7] { 0, 0, (nint)parts, count, 0, 0, 0 };   // struct msghdr
            return (int)Math.Max(sendmsg(socket.SafeHandle, message, WithoutWaitingOrSignal), 0);
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
        finally
        {
            for (var i = 0; i < count; i++)
            {
                pins[i].Dispose();
            }
        }
    }

    private static void Add(ReadOnlyMemory<byte> piece, ref Pins pins, nint* parts, ref int count)
    {
        if (!piece.IsEmpty)
        {
            pins[count] = piece.Pin();
            parts[2 * count] = (nint)pins[count].Pointer;
            parts[(2 * count) + 1] = piece.Length;
            count++;
        }
    }

    [LibraryImport("libc")]
    private static partial nint sendmsg(SafeSocketHandle socket, nint* message, int flags);

    [System.Runtime.CompilerServices.InlineArray(PiecesMax)]
    private struct Pins
    {
        private MemoryHandle _first;
    }
}
