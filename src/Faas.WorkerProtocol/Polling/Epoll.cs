using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Faas.WorkerProtocol.Polling;

/// <summary>The system calls of <c>epoll(7)</c> and <c>eventfd(2)</c>. Event masks and structures are the kernel's.</summary>
public static unsafe partial class Epoll
{
    /// <summary>There is something to read, or the end of it.</summary>
    public const uint Readable = 0x1;

    /// <summary>It can be written to again.</summary>
    public const uint Writable = 0x4;

    /// <summary>Broken.</summary>
    public const uint Error = 0x8;

    /// <summary>Closed in both directions.</summary>
    public const uint HangUp = 0x10;

    /// <summary>The other end writes nothing any more.</summary>
    public const uint PeerClosed = 0x2000;

    /// <summary>Told once for each change, not as long as it lasts.</summary>
    public const uint OncePerChange = 0x8000_0000;

    /// <summary><c>EPOLL_CTL_ADD</c>.</summary>
    public const int Add = 1;

    /// <summary><c>EPOLL_CTL_DEL</c>.</summary>
    public const int Delete = 2;

    /// <summary><c>EPOLL_CTL_MOD</c>.</summary>
    public const int Modify = 3;

    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;

    /// <summary>Bytes before the token in a <c>struct epoll_event</c>, which is packed on x86-64 only.</summary>
    private static readonly int TokenAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    /// <summary>Bytes of a <c>struct epoll_event</c>.</summary>
    public static readonly int EventLength = TokenAt + sizeof(ulong);

    /// <summary>A new instance's descriptor.</summary>
    /// <exception cref="IOException">The process has no descriptor left.</exception>
    public static int Create() => Checked(CreateCore(CloseOnExec));

    /// <summary>A counter that an instance can wait for.</summary>
    /// <exception cref="IOException">The process has no descriptor left.</exception>
    public static int CreateCounter() => Checked(CreateCounterCore(0, CloseOnExec | NonBlocking));

    /// <summary>Adds, changes or takes out a descriptor. <paramref name="token"/> comes back with its events.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static void Control(int epoll, int operation, int descriptor, uint events, ulong token)
    {
        Span<byte> change = stackalloc byte[16];
        Write(change, events, token);
        fixed (byte* pointer = change)
        {
            Checked(ControlCore(epoll, operation, descriptor, pointer));
        }
    }

    /// <summary>Waits for events; returns how many were written to <paramref name="events"/>. 0 after a signal.</summary>
    public static int Wait(int epoll, Span<byte> events)
    {
        fixed (byte* pointer = events)
        {
            return Math.Max(0, WaitCore(epoll, pointer, events.Length / EventLength, -1));
        }
    }

    /// <summary>The event at <paramref name="index"/>.</summary>
    public static (uint Events, ulong Token) Read(ReadOnlySpan<byte> events, int index)
    {
        var at = events[(index * EventLength)..];
        return (BinaryPrimitives.ReadUInt32LittleEndian(at), BinaryPrimitives.ReadUInt64LittleEndian(at[TokenAt..]));
    }

    /// <summary>Adds one to a counter: whoever waits for it wakes.</summary>
    public static void Signal(int counter)
    {
        var one = 1UL;
        WriteCore(counter, &one, sizeof(ulong));
    }

    /// <summary>Sets a counter back to 0.</summary>
    public static void Reset(int counter)
    {
        ulong count;
        ReadCore(counter, &count, sizeof(ulong));
    }

    /// <summary>Closes a descriptor of this class.</summary>
    public static void Close(int descriptor) => _ = CloseCore(descriptor);   // Whatever it says, the descriptor is closed: close(2).

    private static void Write(Span<byte> change, uint events, ulong token)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(change, events);
        BinaryPrimitives.WriteUInt64LittleEndian(change[TokenAt..], token);
    }

    private static int Checked(int result) => result >= 0 ? result : throw new IOException($"epoll: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int CreateCore(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int ControlCore(int epoll, int operation, int descriptor, byte* change);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    private static partial int WaitCore(int epoll, byte* events, int countMax, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int CreateCounterCore(uint start, int flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint WriteCore(int descriptor, void* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint ReadCore(int descriptor, void* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseCore(int descriptor);
}
