using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>The few things about unix sockets that the base class library does not offer.</summary>
internal static partial class WorkerSocket
{
    private const int Backlog = 128;
    private const int PeekWithoutWaiting = 0x02 | 0x40;

    /// <summary>Binds a socket that everybody may connect to: who may reach it is decided by its directory.</summary>
    public static Socket Listen(string path)
    {
        var before = umask(0);
        try
        {
            File.Delete(path);
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            socket.Listen(Backlog);
            return socket;
        }
        finally
        {
            _ = umask(before == 0 ? 18u : before);   // 18 is octal 022: a process started with umask 0 does not keep it.
        }
    }

    /// <summary>Sends everything, waiting as long as the peer does not take it.</summary>
    /// <exception cref="PeerGoneException">The peer has closed the connection.</exception>
    public static void SendAll(Socket socket, ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[socket.Send(bytes)..];
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            throw new PeerGoneException(exception);
        }
    }

    /// <summary>
    /// Looks at what has arrived without taking it and without waiting: the number of bytes copied, 0 when the peer has closed, -1 when there is
    /// nothing yet. Safe beside a thread that reads the same socket.
    /// </summary>
    public static int Peek(Socket socket, Span<byte> into) =>
        (int)recv(socket.SafeHandle, ref MemoryMarshal.GetReference(into), (nuint)into.Length, PeekWithoutWaiting);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc")]
    private static partial nint recv(SafeSocketHandle socket, ref byte buffer, nuint length, int flags);
}
