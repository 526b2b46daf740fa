using System.Net;
using System.Net.Sockets;
using Faas.WorkerProtocol.Polling;

namespace Faas.Runtime.DotNet.Http;

/// <summary>
/// Carries bytes unchanged between <c>http.sock</c> and the program's port, each direction by itself: a side that has finished sending is told to
/// the other and may still receive. So WebSockets, server-sent events and anything else pass. One thread of its own waits for all connections and does all the work:
/// .NET's asynchronous sockets cost 2 ms of CPU time a request here, nearly all of it for workers of the thread pool that look for more to do before they sleep.
/// </summary>
internal sealed class Relay
{
    private const ulong AcceptingToken = 0;
    private const int EventsMax = 64;

    private readonly Socket _callers;
    private readonly IPEndPoint _program;
    private readonly int _epoll = Epoll.Create();
    private readonly Dictionary<ulong, RelayedSocket> _sockets = [];
    private readonly byte[] _buffer = new byte[RelayedSocket.BufferBytes];
    private ulong _lastToken = AcceptingToken;

    private Relay(Socket callers, IPEndPoint program)
    {
        _callers = callers;
        _program = program;
        Epoll.Control(_epoll, Epoll.Add, (int)callers.Handle, Epoll.Readable | Epoll.OncePerChange, AcceptingToken);
    }

    /// <summary>Accepts callers on a thread of its own until the process ends.</summary>
    public static void Start(Socket callers, IPEndPoint program) => new Thread(new Relay(callers, program).Run) { IsBackground = true, Name = "faas relay" }.Start();

    private void Run()
    {
        var events = new byte[EventsMax * Epoll.EventLength];
        while (true)
        {
            var count = Epoll.Wait(_epoll, events);
            for (var i = 0; i < count; i++)
            {
                var (what, token) = Epoll.Read(events, i);
                if (token == AcceptingToken)
                {
                    Accept();
                }
                else if (_sockets.TryGetValue(token, out var socket) && !socket.Handle(what, _buffer))
                {
                    Close(socket);
                }
            }
        }
    }

    private void Accept()
    {
        while (_callers.Poll(0, SelectMode.SelectRead))
        {
            Socket? caller = null;
            try
            {
                caller = _callers.Accept();
                Begin(caller);
            }
            catch (Exception exception) when (exception is SocketException or IOException)
            {
                caller?.Dispose();   // The process has no descriptor left; who calls is told by its connection's end.
                if (caller is null)
                {
                    return;
                }
            }
        }
    }

    private void Begin(Socket caller)
    {
        caller.Blocking = false;
        var program = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, Blocking = false };
        var there = new RelayedSocket(program, ++_lastToken, _epoll);
        var here = new RelayedSocket(caller, ++_lastToken, _epoll);
        there.Pair(here);
        try
        {
            there.Connect(_program);
            _sockets.Add(there.Token, there);
            _sockets.Add(here.Token, here);
        }
        catch
        {
            program.Dispose();   // which takes it out of the instance of epoll, too
            throw;
        }
    }

    private void Close(RelayedSocket socket)
    {
        foreach (var one in new[] { socket, socket.Other })
        {
            _sockets.Remove(one.Token);
            one.Dispose();
        }
    }
}
