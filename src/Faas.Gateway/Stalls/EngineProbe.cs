using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Faas.Gateway.Stalls;

/// <summary>
/// A probe of a thread of <c>SocketAsyncEngine</c>: a pair of connected sockets. What is written to one end comes out at the other on the thread that the runtime assigned to it, as
/// whatever Kestrel reads does on the thread of its connection.
/// </summary>
internal sealed partial class EngineProbe : ThreadProbe
{
    private const int Unix = 1;
    private const int StreamCloseOnExec = 1 | 0x80000;
    private static readonly byte[] Beat = [1];

    private readonly Socket _near;
    private readonly Socket _far;
    private readonly SocketAsyncEventArgs _receiving = new();

    public EngineProbe(TimeProvider clock)
        : base(clock)
    {
        Span<int> ends = stackalloc int[2];
        if (MakePair(Unix, StreamCloseOnExec, 0, ends) != 0)
        {
            throw new SocketException(Marshal.GetLastPInvokeError());
        }

        _near = new Socket(new SafeSocketHandle(ends[0], ownsHandle: true));
        _far = new Socket(new SafeSocketHandle(ends[1], ownsHandle: true));
        _receiving.SetBuffer(new byte[1]);
        _receiving.Completed += (_, _) => OnReceived();
        Listen();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
        _receiving.Dispose();
    }

    /// <inheritdoc/>
    protected override void Ask() => _near.Send(Beat);   // The last one was read, so the socket always takes it.

    private void OnReceived()
    {
        if (_receiving.SocketError == SocketError.Success && _receiving.BytesTransferred > 0)   // Else it is disposed of.
        {
            Answer(Listen);
        }
    }

    private void Listen()
    {
        try
        {
            _far.ReceiveAsync(_receiving);   // Nothing is there yet, so this is never done at once.
        }
        catch (ObjectDisposedException)
        {
            // The gateway stops.
        }
    }

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static partial int MakePair(int domain, int type, int protocol, Span<int> ends);
}
