using System.Buffers;
using System.Net.Sockets;
using Faas.Gateway.Polling;
using Faas.WorkerProtocol.Polling;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Faas.Gateway.FastPath;

/// <summary>
/// A caller's connection as long as its requests are plain and their answers small, which for most callers is always: one receive and one send for each. At the first that needs more it is
/// Kestrel's for good, with all that was received and not answered; a request that has begun goes on there.
/// </summary>
internal sealed class FastConnection : PolledSocket, ILoopWork
{
    private const int BufferLength = 4096;

    /// <summary>How long a caller may be silent between two requests: Kestrel's own limit.</summary>
    private const int IdleSecondsMax = 130;

    /// <summary>How long a request may be on its way here. Kestrel, which knows more kinds of patience, waits for the rest.</summary>
    private const int PartialSecondsMax = 5;

    /// <summary>How long a caller may take no byte of an answer.</summary>
    private const int StalledSecondsMax = 30;

    private readonly FastListener _listener;
    private readonly FastRequest _request = new();
    private readonly FastCaller _caller;
    private readonly Lock _lock = new();
    private CancellationTokenSource? _gone;
    private HandedOver? _handedOver;
    private Task? _serving;
    private State _state;
    private byte[] _buffer = [];
    private int _length;
    private int _needed;
    private FastAnswer _unsent;
    private int _unsentFrom;
    private int _lastActive;
    private bool _isOver;
    private bool _isBroken;
    private bool _mayHaveMore;
    private volatile bool _isCalledUp;

    public FastConnection(FastListener listener, EventLoop loop, Socket socket)
        : base(loop, socket)
    {
        _listener = listener;
        _lastActive = listener.Seconds;
        _caller = new FastCaller(this, _request, FastListener.AddressOf(socket));
    }

    /// <summary>Cancelled when the caller closes the connection, or its half of it.</summary>
    public CancellationToken Gone => (_gone ??= new CancellationTokenSource()).Token;

    /// <summary>The Date header of an answer that is sent now, with the line's end.</summary>
    public ReadOnlySpan<byte> Date => _listener.Date;

    /// <summary>Whether the connection ends after the answer.</summary>
    public bool IsLast => _request.IsLast || _listener.IsStopping;

    /// <inheritdoc/>
    public override void OnReady(uint events)
    {
        bool isServing;
        lock (_lock)
        {
            if ((events & Epoll.Writable) != 0 && _unsent.Exists)
            {
                SendRest();
            }

            isServing = _state != State.Reading;
            _mayHaveMore |= isServing;   // It is read once the answer has left - or by Kestrel, should the connection become its own just now.
        }

        if (!isServing)
        {
            Read(IsEnding(events));
        }
        else if (IsEnding(events))
        {
            _gone?.Cancel();
        }
    }

    /// <inheritdoc/>
    public override void OnFault(Exception exception) => Close();

    /// <summary>There may be something to read, or to give up.</summary>
    public void Run()
    {
        lock (_lock)
        {
            if (_isCalledUp)
            {
                _isCalledUp = false;
                if (IsExpired(out var mustClose))
                {
                    GiveUp(mustClose);
                    return;
                }
            }

            if (_state != State.Reading)
            {
                return;
            }
        }

        if (_length == 0 || Advance())
        {
            Read(false);
        }
    }

    /// <summary>Another second has passed, or the gateway ends. From any thread.</summary>
    public void CallUp()
    {
        if (!_isCalledUp && IsExpired(out _))
        {
            _isCalledUp = true;
            Loop.Post(this);
        }
    }

    /// <summary>Sends an answer, which belongs to this from now on. What the caller does not take at once leaves later.</summary>
    public void Send(ref FastAnswer answer)
    {
        var sent = 0;
        var error = SocketError.Success;
        try
        {
            sent = Socket.Send(answer.Bytes, SocketFlags.None, out error);
        }
        catch (ObjectDisposedException)
        {
            error = SocketError.ConnectionAborted;
        }

        if (sent == answer.Bytes.Length)
        {
            answer.Free();
            return;
        }

        lock (_lock)
        {
            _isBroken |= error is not (SocketError.Success or SocketError.WouldBlock);
            if (_isBroken || _state == State.Ended)
            {
                answer.Free();
                return;
            }

            (_unsent, _unsentFrom, answer) = (answer, sent, default);
            _lastActive = _listener.Seconds;
            Loop.WatchWriting(this);
        }
    }

    /// <summary>The request is over.</summary>
    public void OnRequestOver()
    {
        lock (_lock)
        {
            if (_handedOver is { } handedOver)
            {
                handedOver.End();
                return;
            }

            _isOver = true;
            if (!_unsent.Exists)
            {
                GoOn();
            }
        }
    }

    /// <summary>Gives the connection to Kestrel together with the request that runs, and returns that as ASP.NET sees it.</summary>
    /// <exception cref="IOException">The connection is closed.</exception>
    public async Task<HttpContext> HandOverRunningAsync()
    {
        var running = new HandedOver();
        HandOver(running);
        var http = await running.Seen;
        http.Features.GetRequiredFeature<IConnectionLifetimeFeature>().ConnectionClosed
            .UnsafeRegister(static gone => ((CancellationTokenSource?)gone)?.Cancel(), _gone);
        return http;
    }

    /// <summary>Ends the connection at once.</summary>
    public void Abort()
    {
        lock (_lock)
        {
            _isBroken = true;
        }

        Close();
    }

    private void Read(bool isEnding)
    {
        while (true)
        {
            MakeRoom();
            var room = _buffer.AsSpan(_length);
            var received = Socket.Receive(room, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                Shrink();
                return;
            }

            if (error != SocketError.Success || received == 0)
            {
                Close();
                return;
            }

            _length += received;
            _lastActive = _listener.Seconds;
            _mayHaveMore = received == room.Length || isEnding;
            var isServing = !Advance();
            if (isServing && isEnding)
            {
                EndWaiting();
            }

            if (isServing || !_mayHaveMore)
            {
                return;
            }
        }
    }

    /// <summary>The caller had closed the connection when its request was read: there will be no other event that says so.</summary>
    private void EndWaiting()
    {
        bool isServing;
        lock (_lock)
        {
            isServing = _state == State.Serving;
        }

        if (isServing)
        {
            _gone?.Cancel();
        }
    }

    /// <summary>Begins to serve what has been received. True when there is nothing to be done before more comes.</summary>
    private bool Advance()
    {
        if (_length < _needed)
        {
            return true;
        }

        var head = _request.Read(_buffer, _length);
        if (head == FastHead.Plain && _length >= _request.Length)
        {
            _needed = 0;
            lock (_lock)
            {
                _state = State.Serving;
                _isOver = false;
            }

            _caller.Reset();
            _serving = _listener.Entrance.TryServe(_caller, _request);
            if (_serving is not null)
            {
                return false;
            }
        }
        else if (head != FastHead.NotPlain)
        {
            _needed = head == FastHead.Plain ? _request.Length : 0;
            return true;
        }

        HandOver(null);
        return false;
    }

    /// <summary>The next request's turn, if there may be one. Called with the lock held.</summary>
    private void GoOn()
    {
        if (_isBroken || IsLast)
        {
            CloseCore();
            return;
        }

        _length -= _request.Length;
        if (_length > 0)
        {
            _buffer.AsSpan(_request.Length, _length).CopyTo(_buffer);
        }

        _state = State.Reading;
        if (_length > 0 || _mayHaveMore)
        {
            if (EventLoop.Current == Loop)
            {
                Loop.AtEnd(this);
            }
            else
            {
                Loop.Post(this);
            }
        }
    }

    /// <summary>The caller takes more of the answer. Called with the lock held.</summary>
    private void SendRest()
    {
        var left = _unsent.Bytes[_unsentFrom..];
        var sent = Socket.Send(left, SocketFlags.None, out var error);
        if (error is SocketError.Success or SocketError.WouldBlock && sent < left.Length)
        {
            _unsentFrom += sent;
            _lastActive = sent > 0 ? _listener.Seconds : _lastActive;
            return;
        }

        _isBroken |= error != SocketError.Success;
        _unsent.Free();
        Loop.UnwatchWriting(this);
        if (_isOver)
        {
            GoOn();
        }
    }

    private void HandOver(HandedOver? running)
    {
        byte[] received;
        lock (_lock)
        {
            if (_state == State.Ended)
            {
                throw new IOException("the caller's connection is closed");
            }

            _state = State.Ended;
            _handedOver = running;
            Loop.Forget(this);
            received = _buffer.AsSpan(0, _length).ToArray();
        }

        _listener.HandOver(this, Socket, received, running);
    }

    private bool IsExpired(out bool mustClose)
    {
        var silent = _listener.Seconds - _lastActive;
        mustClose = _state == State.Reading && _length == 0 ? silent > IdleSecondsMax || _listener.IsStopping : _unsent.Exists && silent > StalledSecondsMax;
        return mustClose || (_state == State.Reading && _length > 0 && silent > PartialSecondsMax);
    }

    /// <summary>Called with the lock held, on the loop's thread.</summary>
    private void GiveUp(bool mustClose)
    {
        if (mustClose)
        {
            CloseCore();
        }
        else
        {
            HandOver(null);
        }
    }

    private void Close()
    {
        lock (_lock)
        {
            CloseCore();
        }
    }

    private void CloseCore()
    {
        if (_state == State.Ended)
        {
            return;
        }

        _state = State.Ended;
        Loop.Forget(this);
        _unsent.Free();
        try
        {
            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The caller was faster.
        }

        Socket.Dispose();
        _listener.Remove(this);
    }

    private void MakeRoom()
    {
        var needed = Math.Max(_needed, _length + 1);
        if (_buffer.Length >= needed)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(BufferLength, _length * 2)));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        FreeBuffer();
        _buffer = larger;
    }

    /// <summary>A caller that is silent costs little memory.</summary>
    private void Shrink()
    {
        if (_length == 0 && _buffer.Length > BufferLength)
        {
            FreeBuffer();
        }
    }

    private void FreeBuffer()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    private enum State
    {
        Reading,
        Serving,
        Ended,
    }
}
