using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Faas.Gateway.Stalls;

/// <summary>
/// A pair of connected sockets. What is written to one end comes out at the other on the thread of <c>SocketAsyncEngine</c> that the runtime assigned to it, as every
/// request does on the thread of its connection; so an answer proves that this thread runs.
/// </summary>
internal sealed partial class EngineProbe : IDisposable
{
    private const int Unix = 1;
    private const int StreamCloseOnExec = 1 | 0x80000;
    private static readonly byte[] Beat = [1];

    private readonly TimeProvider _clock;
    private readonly Socket _near;
    private readonly Socket _far;
    private readonly SocketAsyncEventArgs _receiving = new();
    private long _answeredAt;
    private int _thread;
    private int _answers;
    private int _beats;

    public EngineProbe(TimeProvider clock)
    {
        _clock = clock;
        Span<int> ends = stackalloc int[2];
        if (MakePair(Unix, StreamCloseOnExec, 0, ends) != 0)
        {
            throw new SocketException(Marshal.GetLastPInvokeError());
        }

        _near = new Socket(new SafeSocketHandle(ends[0], ownsHandle: true));
        _far = new Socket(new SafeSocketHandle(ends[1], ownsHandle: true));
        _receiving.SetBuffer(new byte[1]);
        _receiving.Completed += (_, _) => Answer();
        Listen();
    }

    /// <summary>The kernel's id of the thread that answers; 0 before the first answer, -1 when it is one of the pool's: nothing is to be watched then.</summary>
    public int Thread => Volatile.Read(ref _thread);

    /// <summary>Whether the last beat was answered.</summary>
    public bool IsAnswered => Volatile.Read(ref _answers) == _beats;

    /// <summary>When the last answer came: a timestamp of the clock.</summary>
    public long AnsweredAt => Volatile.Read(ref _answeredAt);

    /// <summary>When the last beat was sent: a timestamp of the clock.</summary>
    public long SentAt { get; private set; }

    /// <summary>Whether a stall of this thread was told of and hasn't ended yet.</summary>
    public bool IsStalled { get; set; }

    public StallJudge Judge { get; } = new();

    /// <summary>Sends a beat. Only the watchdog does, and only after the last one was answered, so the socket always takes it.</summary>
    public void Send()
    {
        _beats++;
        SentAt = _clock.GetTimestamp();
        Judge.Begin(Thread > 0 ? ThreadTimes.Of(Thread) : null);
        _near.Send(Beat);
    }

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
        _receiving.Dispose();
    }

    private void Answer()
    {
        if (_receiving.SocketError != SocketError.Success || _receiving.BytesTransferred == 0)
        {
            return;   // Disposed.
        }

        if (_thread == 0)
        {
            Volatile.Write(ref _thread, System.Threading.Thread.CurrentThread.IsThreadPoolThread ? -1 : CurrentThread());
        }

        Volatile.Write(ref _answeredAt, _clock.GetTimestamp());
        Listen();
        Volatile.Write(ref _answers, _answers + 1);   // Last: the next beat comes after it, and finds somebody who listens.
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

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int CurrentThread();

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static partial int MakePair(int domain, int type, int protocol, Span<int> ends);
}
