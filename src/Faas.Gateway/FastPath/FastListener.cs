using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Faas.Gateway.Forwarding;
using Faas.Gateway.Polling;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Faas.Gateway.FastPath;

/// <summary>
/// Listens at one address. Callers' connections begin on the fast path; Kestrel, whose listener this is, gets those that leave it.
/// </summary>
internal sealed partial class FastListener : IConnectionListener
{
    /// <summary>Between two lines of the log that say the same.</summary>
    private const int TellEachSeconds = 10;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly EventLoops _loops;
    private readonly TimeProvider _clock;
    private readonly SocketConnectionContextFactory _factory;
    private readonly ILogger _logger;
    private readonly Channel<ConnectionContext> _handedOver = Channel.CreateUnbounded<ConnectionContext>();
    private readonly HashSet<FastConnection> _connections = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _timer;
    private Task _accepting = Task.CompletedTask;
    private byte[] _date;
    private int _seconds;
    private int _toldAt;
    private volatile bool _isStopping;

    public FastListener(Socket socket, FastEntrance entrance, EventLoops loops, SocketConnectionContextFactory factory, TimeProvider clock, ILogger logger)
    {
        _socket = socket;
        _loops = loops;
        _clock = clock;
        _factory = factory;
        _logger = logger;
        Entrance = entrance;
        EndPoint = socket.LocalEndPoint!;
        _date = FormatDate();
        _timer = clock.CreateTimer(static listener => ((FastListener)listener!).Tick(), this, Second, Second);
    }

    /// <inheritdoc/>
    public EndPoint EndPoint { get; }

    /// <summary>Where requests go.</summary>
    public FastEntrance Entrance { get; }

    /// <summary>A clock that costs nothing to read: seconds since the start.</summary>
    public int Seconds => Volatile.Read(ref _seconds);

    /// <summary>The Date header, with the line's end.</summary>
    public ReadOnlySpan<byte> Date => Volatile.Read(ref _date);

    /// <summary>Whether no new request is taken.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>Begins to take connections.</summary>
    public void Open()
    {
        // As many as the kernel allows, which is 4,096 unless somebody changed it. Those beyond it knock again after a second, which with Kestrel's 512 happened to bursts of callers.
        _socket.Listen(int.MaxValue);
        _accepting = TakeConnectionsAsync();
    }

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken)
    {
        while (await _handedOver.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_handedOver.Reader.TryRead(out var connection))
            {
                return connection;
            }
        }

        return null;
    }

    /// <summary>Takes no connection any more, and returns when what runs on the fast path has been answered.</summary>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        _socket.Dispose();
        await _accepting;
        foreach (var connection in Connections())
        {
            connection.CallUp();
        }

        TellWhenDrained();
        try
        {
            await _drained.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            foreach (var connection in Connections())
            {
                connection.Abort();
            }
        }

        _handedOver.Writer.Complete();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _accepting;
        await _timer.DisposeAsync();
    }

    /// <summary>A connection has ended here.</summary>
    public void Remove(FastConnection connection)
    {
        lock (_connections)
        {
            _connections.Remove(connection);
        }

        TellWhenDrained();
    }

    /// <summary>Gives a connection to Kestrel, with what was received on it and not answered.</summary>
    public void HandOver(FastConnection from, Socket socket, byte[] received, HandedOver? running)
    {
        var connection = _factory.Create(socket);
        var transport = connection.Transport;
        connection.Transport = new ReplayedPipe(new ReplayReader(transport.Input, received), transport.Output);
        if (running is not null)
        {
            connection.Features.Set(running);
            connection.ConnectionClosed.UnsafeRegister(static running => ((HandedOver)running!).Refuse(), running);
        }

        if (!_handedOver.Writer.TryWrite(connection))
        {
            connection.Abort();
            running?.Refuse();
        }

        Remove(from);
    }

    /// <summary>The address of a connection's other end as text; empty when it has none.</summary>
    public static string AddressOf(Socket socket) => WorkerRequestFrames.AddressText((socket.RemoteEndPoint as IPEndPoint)?.Address);

    private async Task TakeConnectionsAsync()
    {
        while (!_isStopping)
        {
            try
            {
                Take(await _socket.AcceptAsync());
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException exception) when (!_isStopping)
            {
                // One that was gone before it was taken, or no descriptor is left: then the others need a moment to close some.
                if (_toldAt == 0 || Seconds - _toldAt >= TellEachSeconds)
                {
                    _toldAt = Math.Max(1, Seconds);
                    Log.NotTaken(_logger, exception.Message);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(10), _clock);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private void Take(Socket socket)
    {
        try
        {
            if (socket.ProtocolType == ProtocolType.Tcp)
            {
                socket.NoDelay = true;
            }

            var loop = _loops.Next();
            var connection = new FastConnection(this, loop, socket);
            lock (_connections)
            {
                _connections.Add(connection);
            }

            loop.Watch(connection);
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            socket.Dispose();   // It is gone already.
        }
    }

    private FastConnection[] Connections()
    {
        lock (_connections)
        {
            return [.. _connections];
        }
    }

    private void TellWhenDrained()
    {
        if (_isStopping && Connections().Length == 0)
        {
            _drained.TrySetResult();
        }
    }

    private void Tick()
    {
        Volatile.Write(ref _seconds, _seconds + 1);
        Volatile.Write(ref _date, FormatDate());
        foreach (var connection in Connections())
        {
            connection.CallUp();
        }
    }

    private byte[] FormatDate() => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Date: {_clock.GetUtcNow():R}\r\n"));

    private static partial class Log
    {
        [LoggerMessage(1070, LogLevel.Warning, "A connection could not be taken: {Reason}")]
        public static partial void NotTaken(ILogger logger, string reason);
    }
}
