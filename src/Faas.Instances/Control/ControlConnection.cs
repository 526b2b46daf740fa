using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Faas.WorkerProtocol;

namespace Faas.Instances.Control;

/// <summary>
/// The controller's connection to one worker: specialize, logs, shutdown. Its end is how the death of an instance is noticed, whatever the driver.
/// </summary>
internal sealed class ControlConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly TaskCompletionSource<SpecializedMessage?> _specialized = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private volatile int _held;

    private ControlConnection(Socket socket, Action<WorkerLog> log)
    {
        _socket = socket;
        _reading = ReadAsync(log);
    }

    /// <summary>Completes when the worker is gone or broke the protocol. Never fails.</summary>
    public Task Closed => _reading;

    /// <summary>
    /// Whether all has been taken that the worker said so far. While it has not, there may be more that the worker could not send yet, and would keep to itself
    /// if it were frozen now.
    /// </summary>
    public bool IsHeard
    {
        get
        {
            try
            {
                return _held == 0 && _socket.Available == 0;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return true;   // nothing more will come
            }
        }
    }

    /// <summary>Connects and says hello. <paramref name="log"/> is called for each line, one at a time.</summary>
    public static async Task<ControlConnection> OpenAsync(string path, string token, Action<WorkerLog> log, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            using var writer = new PayloadWriter(256);
            writer.BeginFrame();
            writer.U8(1);
            writer.U8((byte)ConnectionRole.Control);
            writer.Text(token);
            writer.EndFrame(FrameType.Hello, 0);
            await SendAsync(socket, writer.Written, cancellationToken);
            return new ControlConnection(socket, log);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Makes the stem a function. Null when the worker went away before it answered.</summary>
    public async Task<SpecializedMessage?> SpecializeAsync(SpecializeMessage message, CancellationToken cancellationToken)
    {
        using var writer = new PayloadWriter();
        writer.BeginFrame();
        writer.Raw(JsonSerializer.SerializeToUtf8Bytes(message, WorkerJson.Default.SpecializeMessage));
        writer.EndFrame(FrameType.Specialize, 0);
        if (!await TrySendAsync(writer.Written, cancellationToken))
        {
            return null;
        }

        return await _specialized.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Asks the worker to finish and exit. Does nothing when it is gone.</summary>
    public async Task ShutdownAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        using var writer = new PayloadWriter(128);
        writer.BeginFrame();
        writer.Raw(JsonSerializer.SerializeToUtf8Bytes(new ShutdownMessage((int)grace.TotalMilliseconds), WorkerJson.Default.ShutdownMessage));
        writer.EndFrame(FrameType.Shutdown, 0);
        await TrySendAsync(writer.Written, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reading;
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, cancellationToken)..];
        }
    }

    private async Task<bool> TrySendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(_socket, bytes, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private async Task ReadAsync(Action<WorkerLog> log)
    {
        await Task.Yield();   // the constructor must return before lines are reported
        var buffer = new byte[16 * 1024];
        var length = 0;
        try
        {
            while (true)
            {
                var count = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (count == 0)
                {
                    return;
                }

                _held = length += count;
                _held = length = Consume(buffer, length, log, out var wanted);
                if (wanted > buffer.Length)
                {
                    Array.Resize(ref buffer, wanted);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or WorkerProtocolException or JsonException)
        {
            // The worker is gone or does not speak the protocol: in both cases nothing it says counts any more, and closing tells the owner.
        }
        finally
        {
            _specialized.TrySetResult(null);
            _socket.Dispose();
        }
    }

    /// <summary>Handles all whole frames, moves the rest to the front, and returns its length.</summary>
    private int Consume(byte[] buffer, int length, Action<WorkerLog> log, out int wanted)
    {
        var position = 0;
        wanted = FrameHeader.Length;
        while (FrameHeader.TryRead(buffer.AsSpan(position, length - position), out var header))
        {
            wanted = FrameHeader.Length + header.PayloadLength;
            if (length - position < wanted)
            {
                break;
            }

            Handle(header.Type, buffer.AsSpan(position + FrameHeader.Length, header.PayloadLength), log);
            position += wanted;
            wanted = FrameHeader.Length;
        }

        buffer.AsSpan(position, length - position).CopyTo(buffer);
        return length - position;
    }

    private void Handle(FrameType type, ReadOnlySpan<byte> payload, Action<WorkerLog> log)
    {
        switch (type)
        {
            case FrameType.Log:
                var reader = new PayloadReader(payload);
                var (unixMs, stream) = (reader.I64(), reader.U8());
                log(new WorkerLog(unixMs, (stream & 0x7F) == 2, reader.Text(), Encoding.UTF8.GetString(reader.Rest), GoesOn: (stream & 0x80) != 0));
                break;
            case FrameType.Specialized:
                _specialized.TrySetResult(JsonSerializer.Deserialize(payload, WorkerJson.Default.SpecializedMessage));
                break;
            default:
                throw new WorkerProtocolException($"a worker sent a {type} frame on its control connection");
        }
    }
}

/// <summary>One line that a worker reported.</summary>
/// <param name="UnixMs">When it was written.</param>
/// <param name="IsError">Whether to stderr.</param>
/// <param name="InvocationId">The invocation that wrote it; may be empty.</param>
/// <param name="Text">The line, without its end.</param>
/// <param name="GoesOn">Whether it is cut and goes on in the next one.</param>
internal readonly record struct WorkerLog(long UnixMs, bool IsError, string InvocationId, string Text, bool GoesOn);
