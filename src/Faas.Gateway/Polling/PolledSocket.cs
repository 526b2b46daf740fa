using System.Net.Sockets;
using Faas.WorkerProtocol.Polling;

namespace Faas.Gateway.Polling;

/// <summary>A non-blocking socket whose events are handled on the thread of an <see cref="EventLoop"/>.</summary>
internal abstract class PolledSocket
{
    /// <summary>What every socket waits for. Writing is not among it: a socket is told to be writable far more often than anybody asks.</summary>
    public const uint Always = Epoll.Readable | Epoll.PeerClosed | Epoll.OncePerChange;

    protected PolledSocket(EventLoop loop, Socket socket)
    {
        Loop = loop;
        Socket = socket;
        socket.Blocking = false;
    }

    /// <summary>Whose thread handles its events.</summary>
    public EventLoop Loop { get; }

    /// <summary>The socket.</summary>
    protected Socket Socket { get; }

    /// <summary>The loop's: what the kernel calls it by.</summary>
    public ulong Token { get; set; }

    /// <summary>The loop's: its descriptor.</summary>
    public int Descriptor => (int)Socket.SafeHandle.DangerousGetHandle();

    /// <summary>Something has happened, as a mask of <see cref="Epoll"/>. On the loop's thread; what it throws ends only this socket.</summary>
    public abstract void OnReady(uint events);

    /// <summary>Handling an event has thrown: it must end, with whatever depends on it.</summary>
    public abstract void OnFault(Exception exception);

    /// <summary>The end of the stream may be there, or an error: it must be read from until that shows.</summary>
    protected static bool IsEnding(uint events) => (events & (Epoll.PeerClosed | Epoll.HangUp | Epoll.Error)) != 0;
}
