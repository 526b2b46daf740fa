using System.Globalization;
using System.Text;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Logging;

/// <summary>
/// Lines on their way to the controller: the newest 256 KiB. Adding never waits; when it is full the oldest go, and a line says how many.
/// </summary>
internal sealed class LogBuffer(TimeProvider time)
{
    /// <summary>The protocol's limit of what waits.</summary>
    private const int BytesMax = 256 * 1024;

    /// <summary>The protocol's limit of a line; longer ones are cut into several.</summary>
    public const int LineBytesMax = 16 * 1024;

    /// <summary>What a line costs beside its text: head, id and the objects around it.</summary>
    private const int LineOverhead = 64;

    private readonly object _gate = new();
    private readonly Queue<LogLine> _lines = new();
    private bool _hasNews;
    private int _bytes;
    private long _dropped;

    /// <summary>Adds a line without a line break, or, where it <paramref name="goesOn"/>, a piece of one.</summary>
    public void Add(LogStream stream, string invocationId, ReadOnlySpan<char> text, bool goesOn = false)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        var unixMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var rest = bytes.AsMemory();
        do
        {
            var length = PieceLength(rest.Span);
            Add(new LogLine(unixMs, stream, invocationId, rest[..length], goesOn || length < rest.Length));
            rest = rest[length..];
        }
        while (!rest.IsEmpty);
    }

    /// <summary>Moves frames of the oldest lines into <paramref name="writer"/>, up to about <paramref name="bytesMax"/>. False when there are none.</summary>
    public bool TryTake(PayloadWriter writer, int bytesMax)
    {
        lock (_gate)
        {
            if (_dropped > 0)
            {
                var told = string.Create(CultureInfo.InvariantCulture, $"{_dropped} log lines were dropped: more than {BytesMax / 1024} KiB waited to be sent");
                _dropped = 0;
                new LogLine(time.GetUtcNow().ToUnixTimeMilliseconds(), LogStream.Error, "", Encoding.UTF8.GetBytes(told)).Write(writer);
            }

            while (writer.Position < bytesMax && _lines.TryDequeue(out var line))
            {
                _bytes -= line.Text.Length + LineOverhead;
                line.Write(writer);
            }
        }

        return writer.Position > 0;
    }

    /// <summary>Waits until there may be something to send.</summary>
    public void WaitForLines()
    {
        lock (_gate)
        {
            while (!_hasNews)
            {
                Monitor.Wait(_gate);
            }

            _hasNews = false;
        }
    }

    /// <summary>Has the sender look again, because somebody listens now.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _hasNews = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Add(LogLine line)
    {
        lock (_gate)
        {
            if (_lines.Count == 0)
            {
                _hasNews = true;
                Monitor.Pulse(_gate);
            }

            _lines.Enqueue(line);
            _bytes += line.Text.Length + LineOverhead;
            while (_bytes > BytesMax)
            {
                _bytes -= _lines.Dequeue().Text.Length + LineOverhead;
                _dropped++;
            }
        }
    }

    private static int PieceLength(ReadOnlySpan<byte> text)
    {
        if (text.Length <= LineBytesMax)
        {
            return text.Length;
        }

        var length = LineBytesMax;
        while ((text[length] & 0xC0) == 0x80)
        {
            length--;   // Not inside a character.
        }

        return length;
    }
}
