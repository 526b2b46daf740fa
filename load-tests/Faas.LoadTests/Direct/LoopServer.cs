using System.Net.Sockets;
using Faas.LoadTests.OpenLoop;

namespace Faas.LoadTests.Direct;

/// <summary>
/// The worker behind nginx and YARP: C#, one thread, one epoll, no hop between threads and no allocation, which is the cheapest upstream they can have.
/// It does what the functions of the same names do (load-tests/functions), and speaks HTTP/1.1, because proxies have no other language.
/// </summary>
internal sealed class LoopServer : IDisposable
{
    private static readonly TimeSpan Forever = TimeSpan.FromHours(1);

    private readonly ReadinessQueue _ready = new();
    private readonly List<LoopConnection?> _connections = [];
    private readonly Stack<int> _free = [];
    private readonly Socket[] _listeners;

    private LoopServer(params Socket[] listeners)
    {
        _listeners = listeners;
        for (var i = 0; i < listeners.Length; i++)
        {
            listeners[i].Blocking = false;
            _ready.AddReading(listeners[i], i);
        }
    }

    public static void Run(Arguments arguments)
    {
        using var server = new LoopServer(Listener.Unix(arguments), Listener.Tcp(arguments));
        server.Run();
    }

    public void Dispose() => _ready.Dispose();

    private void Run()
    {
        Span<int> tokens = stackalloc int[256];
        while (true)
        {
            foreach (var token in tokens[.._ready.Wait(Forever, tokens)])
            {
                if (token < _listeners.Length)
                {
                    Accept(_listeners[token]);
                }
                else if (_connections[token - _listeners.Length] is { } connection && !connection.Proceed())
                {
                    connection.Dispose();
                    _connections[token - _listeners.Length] = null;
                    _free.Push(token - _listeners.Length);
                }
            }
        }
    }

    private void Accept(Socket listener)
    {
        Socket socket;
        try
        {
            socket = listener.Accept();
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.ConnectionAborted)
        {
            return;   // the caller left again
        }

        socket.Blocking = false;
        if (socket.AddressFamily == AddressFamily.InterNetwork)
        {
            socket.NoDelay = true;
        }

        if (!_free.TryPop(out var place))
        {
            place = _connections.Count;
            _connections.Add(null);
        }

        _connections[place] = new LoopConnection(socket, _ready, place + _listeners.Length);
    }
}
