using System.Buffers.Binary;
using Faas.Runtime.DotNet.Functions;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>
/// Looks for Cancel frames and closed connections while handlers run, whose threads cannot read meanwhile. It peeks at the sockets of
/// cancellable invocations every few milliseconds instead of being woken for each: a wake-up costs more than most invocations, and a
/// cancellation may be seen 20 ms late. With nothing to watch it sleeps for good.
/// </summary>
internal sealed class CancellationWatch(TimeProvider time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    /// <summary>The gateway owns the timeout. If its Cancel is stuck behind a body that nobody reads, the worker notices this much later.</summary>
    private static readonly TimeSpan TimeoutSlack = TimeSpan.FromMilliseconds(250);

    /// <summary>Ticks without a cancellable invocation before it sleeps, so that steady traffic does not wake it each time.</summary>
    private const int IdleTicksMax = 50;

    private readonly Lock _gate = new();
    private readonly object _pause = new();
    private readonly List<InvocationConnection> _connections = [];
    private volatile bool _isAwake;
    private Thread? _thread;

    public TimeProvider Time => time;

    public void Add(InvocationConnection connection)
    {
        lock (_gate)
        {
            _connections.Add(connection);
        }
    }

    public void Remove(InvocationConnection connection)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
        }
    }

    /// <summary>Called when an invocation has become cancellable.</summary>
    public void Arm()
    {
        if (_isAwake)
        {
            return;
        }

        lock (_gate)
        {
            if (_thread is null)
            {
                _isAwake = true;
                _thread = new Thread(Run) { IsBackground = true, Name = "faas cancellation" };
                _thread.Start();
            }
        }

        lock (_pause)
        {
            Monitor.Pulse(_pause);
        }
    }

    private void Run()
    {
        var watched = new List<InvocationConnection>();
        var idle = 0;
        while (true)
        {
            if (idle > IdleTicksMax)
            {
                SleepUntilArmed(watched);
                idle = 0;
            }

            lock (_pause)
            {
                Monitor.Wait(_pause, Tick);
            }

            idle = Look(watched) ? 0 : idle + 1;
        }
    }

    private void SleepUntilArmed(List<InvocationConnection> watched)
    {
        lock (_pause)
        {
            _isAwake = false;
            // An invocation may have seen it awake just before: look once more. One that comes later pulses, once this has begun to wait.
            if (!Look(watched))
            {
                Monitor.Wait(_pause);
            }

            _isAwake = true;
        }
    }

    /// <summary>Peeks at every cancellable invocation once. False when there was none.</summary>
    private bool Look(List<InvocationConnection> watched)
    {
        watched.Clear();
        lock (_gate)
        {
            foreach (var connection in _connections)
            {
                if (connection.Current is { IsCancellable: true })
                {
                    watched.Add(connection);
                }
            }
        }

        foreach (var connection in watched)
        {
            if (connection.Current is { } invocation && IsCancelled(connection, invocation))
            {
                invocation.Cancel();
            }
        }

        return watched.Count > 0;
    }

    private bool IsCancelled(InvocationConnection connection, Invocation invocation)
    {
        if (time.GetElapsedTime(invocation.StartedAt) > invocation.Timeout + TimeoutSlack)
        {
            return true;
        }

        if (invocation.HasPump)
        {
            return false;   // The pump reads the socket itself.
        }

        // The frame may have begun to arrive together with the request.
        Span<byte> frame = stackalloc byte[FrameHeader.Length];
        var unread = connection.Unread;
        unread[..Math.Min(unread.Length, frame.Length)].CopyTo(frame);
        Span<byte> peeked = stackalloc byte[FrameHeader.Length];
        int count;
        try
        {
            count = WorkerSocket.Peek(connection.Socket, peeked);
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
