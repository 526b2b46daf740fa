using System.Net.Sockets;
using Faas.Runtime.DotNet.Logging;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>
/// What goes to the controller: log lines and answers, in order, on whichever control connection is the newest. Only the log thread and
/// control connections wait here, never a function.
/// </summary>
internal sealed class ControlLine
{
    /// <summary>About what a socket buffer takes in one send.</summary>
    private const int BatchBytes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly LogBuffer _logs;
    private Socket? _socket;

    public ControlLine(LogBuffer logs) => _logs = logs;

    /// <summary>Starts the thread that sends log lines as they come.</summary>
    public void StartLogThread() => new Thread(SendLogs) { IsBackground = true, Name = "faas logs" }.Start();

    /// <summary>Makes this connection the one; an older one is closed, because the controller that owned it has been restarted.</summary>
    public void Attach(Socket socket)
    {
        lock (_gate)
        {
            _socket?.Dispose();
            _socket = socket;
            _logs.Wake();
        }
    }

    /// <summary>Lines written from now on wait for the next connection, unless a newer one is already there.</summary>
    public void Detach(Socket socket)
    {
        lock (_gate)
        {
            if (_socket == socket)
            {
                _socket = null;
            }
        }
    }

    /// <summary>Sends the lines that wait, then one frame.</summary>
    public void Send(FrameType type, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            Flush();
            using var writer = new PayloadWriter(FrameHeader.Length + payload.Length);
            writer.BeginFrame();
            writer.Raw(payload);
            writer.EndFrame(type, stream: 0);
            TrySend(writer);
        }
    }

    /// <summary>Sends the lines that wait, if a controller is there.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            using var writer = new PayloadWriter();
            while (_socket is not null && _logs.TryTake(writer, BatchBytes))
            {
                TrySend(writer);
            }
        }
    }

    private void SendLogs()
    {
        while (true)
        {
            _logs.WaitForLines();
            Flush();
        }
    }

    private void TrySend(PayloadWriter writer)
    {
        try
        {
            _socket?.Send(writer.Written.Span);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            _socket = null;   // Its own thread closes it. Lines in this batch are lost with the controller that would have read them.
        }

        writer.Clear();
    }
}
