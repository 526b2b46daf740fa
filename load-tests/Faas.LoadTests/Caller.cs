using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Faas.LoadTests;

/// <summary>What a caller saw.</summary>
/// <param name="Milliseconds">From just before the request is sent to the last byte of its answer.</param>
/// <param name="Status">Status code.</param>
/// <param name="ColdMs">What <c>Server-Timing</c> says about the activation; 0 when the call was warm.</param>
/// <param name="Text">The answer.</param>
internal readonly record struct Call(double Milliseconds, int Status, double ColdMs, string Text)
{
    public bool IsSuccess => Status is >= 200 and < 300;
}

/// <summary>
/// An HTTP caller on a keep-alive connection of its own, with blocking calls: HttpClient's pool and thread hops would be part of what is timed.
/// </summary>
internal sealed class Caller : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 * 1024];

    public Caller(IPEndPoint target)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 120_000 };
        _socket.Connect(target);
    }

    /// <summary>Calls a function with a JSON body, as a first user would.</summary>
    public Call Invoke(string function)
    {
        const string body = """{"name":"Ada"}""";
        var request = Encoding.ASCII.GetBytes(
            $"POST /function/{function} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        _socket.Send(request);
        var (head, text) = ReadAnswer();
        var elapsed = time.GetElapsedTime(began).TotalMilliseconds;
        return new Call(elapsed, int.Parse(head.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture), ColdOf(head), text);
    }

    public void Dispose() => _socket.Dispose();

    private (string Head, string Text) ReadAnswer()
    {
        var read = 0;
        int end;
        while ((end = _buffer.AsSpan(0, read).IndexOf("\r\n\r\n"u8)) < 0)
        {
            read += Receive(read);
        }

        var head = Encoding.ASCII.GetString(_buffer, 0, end + 2);
        var start = end + 4;
        if (HeaderOf(head, "content-length") is { } length)
        {
            var total = start + int.Parse(length, CultureInfo.InvariantCulture);
            while (read < total)
            {
                read += Receive(read);
            }
        }
        else
        {
            while (!_buffer.AsSpan(start, read - start).EndsWith("0\r\n\r\n"u8))
            {
                read += Receive(read);
            }
        }

        return (head, Encoding.UTF8.GetString(_buffer, start, read - start));
    }

    private int Receive(int offset)
    {
        var count = _socket.Receive(_buffer, offset, _buffer.Length - offset, SocketFlags.None);
        return count > 0 ? count : throw new IOException("the connection was closed before the answer was complete");
    }

    private static double ColdOf(string head)
    {
        var cold = HeaderOf(head, "server-timing")?.Split(',', StringSplitOptions.TrimEntries).FirstOrDefault(metric => metric.Split(';')[0] == "cold");
        var duration = cold?.Split(';', StringSplitOptions.TrimEntries).FirstOrDefault(part => part.StartsWith("dur=", StringComparison.Ordinal));
        return duration is null ? 0 : double.Parse(duration.AsSpan(4), CultureInfo.InvariantCulture);
    }

    private static string? HeaderOf(string head, string name)
    {
        var at = head.IndexOf($"\r\n{name}:", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        var start = at + name.Length + 3;
        return head[start..head.IndexOf("\r\n", start, StringComparison.Ordinal)].Trim();
    }
}
