using System.Net.Sockets;
using Faas.Gateway.Polling;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Forwarding;

/// <summary>
/// Sends frames of many invocations over one socket. On an event loop's thread all that is added while one batch of events is handled leaves in one send; from elsewhere it leaves at
/// once, together with what others add meanwhile. Never blocks: what the worker does not take yet waits here, and there is a bound to it because an instance has a bounded number of slots.
/// </summary>
internal sealed class FrameSender(WorkerLine line, Socket socket) : ILoopWork, IDisposable
{
    private readonly Lock _lock = new();
    private PayloadWriter _gathering = new(4096);
    private PayloadWriter _leaving = new(4096);
    private int _left;
    private bool _isSending;
    private bool _isPutOff;
    private bool _isBlocked;
    private bool _isClosed;

    /// <summary>Puts whole frames behind those that have not left.</summary>
    public void Add(ReadOnlySpan<byte> frames)
    {
        lock (_lock)
        {
            if (!_isClosed)   // Else whoever waits for an answer hears that the connection is closed.
            {
                _gathering.Raw(frames);
            }
        }
    }

    /// <summary>Sends what was added, now or with the next send.</summary>
    public void Send()
    {
        var loop = EventLoop.Current;
        lock (_lock)
        {
            if (_isClosed || _isSending || _isPutOff)
            {
                return;
            }

            _isPutOff = loop is not null;
            _isSending = loop is null;
        }

        if (loop is not null)
        {
            loop.AtEnd(this);
        }
        else
        {
            SendGathered();
        }
    }

    /// <summary>The batch of events is handled.</summary>
    public void Run()
    {
        lock (_lock)
        {
            _isPutOff = false;
            if (_isClosed || _isSending)
            {
                return;
            }

            _isSending = true;
        }

        SendGathered();
    }

    /// <summary>The worker takes more.</summary>
    public void OnWritable()
    {
        lock (_lock)
        {
            if (!_isBlocked)
            {
                return;
            }

            _isBlocked = false;
        }

        line.EndAwaitWriting();
        SendGathered();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (!_isSending || _isBlocked)
            {
                Free();
            }
        }
    }

    private void SendGathered()
    {
        try
        {
            while (TryGather())
            {
                _left += socket.Send(_leaving.Written.Span[_left..], SocketFlags.None, out var error);
                if (error is not (SocketError.Success or SocketError.WouldBlock))
                {
                    Fail();
                    return;
                }

                if (_left < _leaving.Position)
                {
                    Wait();
                    return;
                }
            }
        }
        catch (ObjectDisposedException)
        {
            Fail();
        }
    }

    /// <summary>The worker takes no more for now. Once this is said, another thread may go on at any time.</summary>
    private void Wait()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                _isSending = false;
                Free();
                return;
            }

            _isBlocked = true;
        }

        line.AwaitWriting();
    }

    private bool TryGather()
    {
        lock (_lock)
        {
            if (!_isClosed && _left < _leaving.Position)
            {
                return true;
            }

            _leaving.Clear();
            _left = 0;
            if (_gathering.Position == 0 || _isClosed)
            {
                _isSending = false;
                if (_isClosed)
                {
                    Free();
                }

                return false;
            }

            (_gathering, _leaving) = (_leaving, _gathering);
            return true;
        }
    }

    private void Fail()
    {
        lock (_lock)
        {
            _isClosed = true;
            _isSending = false;
            Free();
        }

        line.StopReading();
    }

    private void Free()
    {
        _gathering.Dispose();
        _leaving.Dispose();
    }
}
