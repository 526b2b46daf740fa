using System.Net;
using System.Net.Sockets;

namespace Faas.LoadTests.OpenLoop;

/// <summary>One keep-alive connection, with at most one request under way.</summary>
internal sealed class OpenLoopConnection : IDisposable
{
    public const int Idle = -1;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, Blocking = false };
    private readonly ReadinessQueue _ready;
    private readonly int _token;
    private bool _isConnecting;

    public OpenLoopConnection(ReadinessQueue ready, int token)
    {
        _ready = ready;
        _token = token;
    }

    /// <summary>The arrival whose request is under way, or <see cref="Idle"/>.</summary>
    public int Arrival { get; private set; } = Idle;

    public bool IsClosed { get; private set; }

    /// <summary>Whether the request under way has left: without that, nobody can have served it.</summary>
    public bool HasSent { get; private set; }

    /// <summary>When its last answer was complete, from the beginning of the run.</summary>
    public TimeSpan UsedAt { get; set; }

    public AnswerReader Answer { get; } = new();

    /// <summary>Begins to connect. Never waits: with a full backlog the kernel tries again after a second, and others must not wait for that.</summary>
    public void Connect(IPEndPoint target)
    {
        try
        {
            _socket.Connect(target);
            _ready.AddReading(_socket, _token);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            _isConnecting = true;
            _ready.AddConnecting(_socket, _token);
        }
    }

    /// <summary>Sends now, or as soon as it is connected. False when the connection is broken.</summary>
    public bool Send(int arrival, byte[] request)
    {
        Arrival = arrival;
        HasSent = false;
        Answer.Reset();
        return _isConnecting || SendNow(request);
    }

    /// <summary>The kernel says that there is something. <paramref name="request"/> is that of its arrival.</summary>
    public Reading Proceed(byte[]? request)
    {
        if (_isConnecting)
        {
            _isConnecting = false;
            _ready.TurnToReading(_socket, _token);
            return request is null || SendNow(request) ? Reading.Incomplete : Reading.Broken;
        }

        return Arrival == Idle ? Reading.Broken : Answer.Read(_socket);   // an idle connection has nothing to say but that it ends
    }

    public void Finish(TimeSpan at)
    {
        Arrival = Idle;
        UsedAt = at;
    }

    public void Dispose()
    {
        IsClosed = true;
        _socket.Dispose();
    }

    // A request is a hundred bytes and its connection has nothing else to send: the kernel takes it whole or not at all.
    private bool SendNow(byte[] request) => HasSent = _socket.Send(request, SocketFlags.None, out var error) == request.Length && error == SocketError.Success;
}
