using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>The few things about unix sockets that the base class library does not offer.</summary>
internal static partial class WorkerSocket
{
    private const int Backlog = 128;
    private const int Peeking = 0x02;
    private const int WithoutWaiting = 0x40;
    private const int WithoutSignal = 0x4000;
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

    /// <summary>Sends frames and, right behind them, a payload from where it lies: in one system call, so that the peer is woken once and nothing is copied on the way.</summary>
    /// <exception cref="PeerGoneException">The peer has closed the connection.</exception>
    public static unsafe void SendAll(Socket socket, ReadOnlySpan<byte> frames, ReadOnlySpan<byte> payload)
    {
        nint sent;
        fixed (byte* first = frames, second = payload)
        {
            var parts = stackalloc nint[4] { (nint)first, frames.Length, (nint)second, payload.Length };   // struct iovec[2]
            var message = stackalloc nint[7] { 0, 0, (nint)parts, 2, 0, 0, 0 };                             // struct msghdr
            sent = sendmsg(socket.SafeHandle, message, WithoutSignal);
        }

        // What did not leave - or all of it, after an error, which then is told again - goes the usual way.
        sent = Math.Max(sent, 0);
        SendAll(socket, frames[(int)Math.Min(sent, frames.Length)..]);
        SendAll(socket, payload[(int)Math.Max(sent - frames.Length, 0)..]);
    }

    /// <summary>
    /// Looks at what has arrived without taking it and without waiting: the number of bytes copied, 0 when the peer has closed, -1 when there is
    /// nothing yet. Safe beside a thread that reads the same socket.
    /// </summary>
    public static int Peek(Socket socket, Span<byte> into) =>
        (int)recv(socket.SafeHandle, ref MemoryMarshal.GetReference(into), (nuint)into.Length, Peeking | WithoutWaiting);

    private static int ReceiveWithoutWaiting(Socket socket, Span<byte> into) =>
        (int)recv(socket.SafeHandle, ref MemoryMarshal.GetReference(into), (nuint)into.Length, WithoutWaiting);

    /// <summary>
    /// Receives what has arrived, waiting for the first byte; 0 when the peer has closed. It waits in poll: who waits in recv on a unix socket is woken as well, for nothing, when
    /// the peer takes what was sent to it (unix_write_space wakes all that wait for the socket, and only poll's and epoll's waiters look what for).
    /// </summary>
    /// <param name="socket">A blocking socket.</param>
    /// <param name="into">Where to put it; not empty.</param>
    /// <param name="willWait">Whether there is probably nothing yet, so that to look first would be in vain.</param>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public static int Receive(Socket socket, Span<byte> into, bool willWait)
    {
        if (!willWait)
        {
            var here = ReceiveWithoutWaiting(socket, into);
            if (here >= 0)
            {
                return here;
            }
        }

        socket.Poll(Timeout.InfiniteTimeSpan, SelectMode.SelectRead);
        var received = ReceiveWithoutWaiting(socket, into);
        return received >= 0 ? received : socket.Receive(into);   // What is wrong is told there.
    }

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc")]
    private static unsafe partial nint sendmsg(SafeSocketHandle socket, nint* message, int flags);

    [LibraryImport("libc")]
    private static partial nint recv(SafeSocketHandle socket, ref byte buffer, nuint length, int flags);
}
