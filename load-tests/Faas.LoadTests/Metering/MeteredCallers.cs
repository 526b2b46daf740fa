using System.Net;
using System.Net.Sockets;
using System.Text;
using Faas.LoadTests.OpenLoop;

namespace Faas.LoadTests.Metering;

/// <summary>
/// Callers at a constant rate, each call with an id of its own, which nobody sends again. They don't wait for each other; only while nobody listens they wait, or a gateway that is away
/// would use up all calls within a blink. One thread, one epoll, as <see cref="OpenLoopClient"/>.
/// </summary>
internal sealed class MeteredCallers : IDisposable
{
    /// <summary>Where more would be needed, calls wait for a free one.</summary>
    private const int ConnectionsMax = 1000;

    private static readonly TimeSpan LookAround = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan BackWithin = TimeSpan.FromMinutes(1);

    /// <summary>How long answers are waited for after the last call: beyond the platform's longest wait of 30 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly ReadinessQueue _ready = new();
    private readonly List<OpenLoopConnection?> _connections = [];   // by token
    private readonly Stack<int> _freeTokens = new();
    private readonly Stack<OpenLoopConnection> _idle = [];
    private readonly IPEndPoint _target;
    private readonly IReadOnlyList<byte[]> _requests;
    private readonly CallBook _book;
    private readonly int _idAt;
    private int _underWay;
    private int _sent;
    private bool _isAway;
    private TimeSpan _away;

    /// <param name="target">Where to connect.</param>
    /// <param name="functions">The functions that are called in turn, with names of one length.</param>
    /// <param name="book">Where it is noted what became of each call.</param>
    public MeteredCallers(IPEndPoint target, IReadOnlyList<string> functions, CallBook book)
    {
        _target = target;
        _book = book;
        _requests = [.. functions.Select(name => Encoding.ASCII.GetBytes($"GET /function/{name} HTTP/1.1\r\nHost: localhost\r\nX-Call-Id: {CallBook.IdOf(0)}\r\n\r\n"))];
        _idAt = _requests[0].Length - 4 - CallBook.IdDigits;
    }

    /// <summary>Whether the gateway was killed just now, so that a connection may have ended.</summary>
    public required Func<bool> WasGatewayKilled { get; init; }

    /// <summary>Calls of the round that have been begun.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <summary>Makes the calls from <paramref name="first"/> on, so many a second. Returns how long it took, without the time in which nobody listened.</summary>
    public Task<TimeSpan> CallAsync(int first, int count, double rate, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _sent, 0);
        return Task.Factory.StartNew(() => Call(first, count, rate, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public void Dispose()
    {
        _connections.ForEach(connection => connection?.Dispose());
        _ready.Dispose();
    }

    private TimeSpan Call(int first, int count, double rate, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        _away = TimeSpan.Zero;
        var next = 0;
        var endedAt = TimeSpan.Zero;
        while (next < count || _underWay > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_isAway && next < count)
            {
                WaitForGateway(cancellationToken);
            }

            var now = _time.GetElapsedTime(began) - _away;
            while (next < count && !_isAway && TimeSpan.FromSeconds(next / rate) <= now && Take() is { } connection)
            {
                Send(connection, first + next++);
                Volatile.Write(ref _sent, next);
                endedAt = now;
            }

            if (next == count && now - endedAt > Patience)
            {
                throw new InvalidOperationException($"{_underWay} calls have no answer {Patience.TotalSeconds} s after the last one was sent.");
            }

            var patience = next < count ? TimeSpan.FromSeconds(next / rate) - now : LookAround;
            Proceed(patience < TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : patience > LookAround ? LookAround : patience);
        }

        return endedAt;
    }

    /// <summary>Waits for at most so long, and goes on with the connections that have something to say.</summary>
    private void Proceed(TimeSpan patience)
    {
        Span<int> tokens = stackalloc int[256];
        foreach (var token in tokens[.._ready.Wait(patience, tokens)])
        {
            if (_connections[token] is { } ready)
            {
                Proceed(ready);
            }
        }
    }

    /// <summary>An idle connection, or a new one; null when there are as many as there may be, or nobody listens.</summary>
    private OpenLoopConnection? Take()
    {
        while (_idle.TryPop(out var idle))
        {
            if (!idle.IsClosed)
            {
                return idle;
            }
        }

        if (!_freeTokens.TryPop(out var token))
        {
            if (_connections.Count == ConnectionsMax)
            {
                return null;
            }

            token = _connections.Count;
            _connections.Add(null);
        }

        var connection = new OpenLoopConnection(_ready, token);
        try
        {
            connection.Connect(_target);
        }
        catch (SocketException)
        {
            connection.Dispose();
            _freeTokens.Push(token);
            _isAway = true;
            return null;
        }

        _connections[token] = connection;
        return connection;
    }

    private void Send(OpenLoopConnection connection, int call)
    {
        _underWay++;
        if (!connection.Send(call, RequestOf(call)))
        {
            Break(connection);
        }
    }

    private void Proceed(OpenLoopConnection connection)
    {
        var call = connection.Arrival;
        switch (connection.Proceed(call == OpenLoopConnection.Idle ? null : RequestOf(call)))
        {
            case Reading.Complete:
                Complete(connection, call);
                break;
            case Reading.Broken:
                Break(connection);
                break;
        }
    }

    private void Complete(OpenLoopConnection connection, int call)
    {
        var answer = connection.Answer;
        if (answer.Head.IndexOf(RequestOf(call).AsSpan(_idAt, CallBook.IdDigits)) < 0)
        {
            throw new InvalidOperationException($"The answer to {CallBook.IdOf(call)} has another id:\n{Encoding.ASCII.GetString(answer.Head)}");
        }

        var isSuccess = answer.Status is >= 200 and < 300;
        _book.End(call, isSuccess || HasReachedARevision(answer) ? CallEnd.Answered : CallEnd.Refused, isSuccess ? null : answer.Failure());
        _underWay--;
        connection.Finish(TimeSpan.Zero);
        if (answer.IsLast)
        {
            Close(connection);
            return;
        }

        _idle.Push(connection);
    }

    private void Break(OpenLoopConnection connection)
    {
        if (connection.Arrival is var call and not OpenLoopConnection.Idle)
        {
            _book.End(call, !connection.HasSent ? CallEnd.NotSent : WasGatewayKilled() ? CallEnd.CutOff : CallEnd.Lost);
            connection.Finish(TimeSpan.Zero);
            _underWay--;
            _isAway |= !connection.HasSent;
        }

        Close(connection);
    }

    private void Close(OpenLoopConnection connection)
    {
        if (!connection.IsClosed)
        {
            var token = _connections.IndexOf(connection);
            _connections[token] = null;
            _freeTokens.Push(token);
            connection.Dispose();
        }
    }

    private void WaitForGateway(CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Connect(_target);
                break;
            }
            catch (SocketException) when (_time.GetElapsedTime(began) < BackWithin)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Proceed(LookAround);   // what was cut off says so now, and not when there is a gateway again
            }
        }

        _isAway = false;
        _away += _time.GetElapsedTime(began);
    }

    /// <summary>A gateway that has just started knows no functions; one that is not known has no revision either. All else is recorded, whatever became of it.</summary>
    private static bool HasReachedARevision(AnswerReader answer) => answer.Status != 404 && answer.Body.IndexOf("the gateway has just started"u8) < 0;

    /// <summary>The request of a call, valid until the next one.</summary>
    private byte[] RequestOf(int call)
    {
        var request = _requests[call % _requests.Count];
        for (var (at, number) = (_idAt + CallBook.IdDigits - 1, call); at >= _idAt; at--, number /= 10)
        {
            request[at] = (byte)('0' + (number % 10));
        }

        return request;
    }
}
