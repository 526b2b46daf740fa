using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Faas.LoadTests.OpenLoop;

/// <summary>
/// The kernel's epoll, directly: .NET's own sockets would hand each answer to another thread, which on a machine whose processors are all busy
/// costs more than the whole of this client, and would be timed with it.
/// </summary>
internal sealed partial class ReadinessQueue : IDisposable
{
    private const uint In = 0x1;
    private const uint Out = 0x4;
    private const uint PeerClosed = 0x2000;
    private const int Add = 1;
    private const int Modify = 3;
    private const int Interrupted = 4;

    // The kernel packs `struct epoll_event` on x86-64 and nowhere else: events u32, (padding,) data u64.
    private static readonly int TokenAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventBytes = TokenAt + 8;

    private readonly int _queue = Checked(EpollCreate(0x80000));   // EPOLL_CLOEXEC
    private readonly byte[] _events = new byte[256 * EventBytes];
    private readonly byte[] _one = new byte[EventBytes];

    /// <summary>Watches a socket that is being connected: it is named once it can be written to.</summary>
    public void AddConnecting(Socket socket, int token) => Control(Add, socket, token, Out);

    /// <summary>Watches a connected socket for something to read.</summary>
    public void AddReading(Socket socket, int token) => Control(Add, socket, token, In | PeerClosed);

    /// <summary>What was watched for being connected is watched for something to read from now on.</summary>
    public void TurnToReading(Socket socket, int token) => Control(Modify, socket, token, In | PeerClosed);

    /// <summary>What was watched for something to read is watched for room to write from now on.</summary>
    public void TurnToWriting(Socket socket, int token) => Control(Modify, socket, token, Out);

    /// <summary>Waits for at most <paramref name="patience"/>; writes tokens of sockets that are ready, and returns how many.</summary>
    public int Wait(TimeSpan patience, Span<int> tokens)
    {
        var time = new TimeSpec { Seconds = (long)patience.TotalSeconds, Nanoseconds = patience.Ticks % TimeSpan.TicksPerSecond * 100 };
        var count = EpollWait(_queue, _events, Math.Min(tokens.Length, _events.Length / EventBytes), in time, 0);
        if (count < 0)
        {
            return Marshal.GetLastPInvokeError() == Interrupted ? 0 : throw new Win32Exception();
        }

        for (var i = 0; i < count; i++)
        {
            tokens[i] = BitConverter.ToInt32(_events, (i * EventBytes) + TokenAt);
        }

        return count;
    }

    public void Dispose() => _ = Close(_queue);

    private void Control(int operation, Socket socket, int token, uint events)
    {
        BitConverter.TryWriteBytes(_one, events);
        BitConverter.TryWriteBytes(_one.AsSpan(TokenAt), (long)token);
        Checked(EpollControl(_queue, operation, (int)socket.Handle, _one));
    }

    private static int Checked(int result) => result >= 0 ? result : throw new Win32Exception();

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControl(int queue, int operation, int file, byte[] oneEvent);

    // The variant that takes nanoseconds: with epoll_wait's milliseconds a rate of 1,000/s would come in pairs.
    [LibraryImport("libc", EntryPoint = "epoll_pwait2", SetLastError = true)]
    private static partial int EpollWait(int queue, byte[] events, int eventsMax, in TimeSpec patience, nint signals);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
