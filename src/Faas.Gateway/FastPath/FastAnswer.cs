using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Faas.Gateway.Invocation;
using Faas.Gateway.Usage;
using Faas.WorkerProtocol;
using Microsoft.AspNetCore.WebUtilities;

namespace Faas.Gateway.FastPath;

/// <summary>A small answer as the bytes that go to the caller. One pooled buffer for head and body, so that both leave in one send.</summary>
internal struct FastAnswer
{
    /// <summary>Status line, the gateway's own headers with an id of 128 characters, and what goes between.</summary>
    private const int FixedLengthMax = 512 + InvocationCost.LinesLengthMax;

    private const int NameLengthMax = 256;

    private static readonly byte[]?[] StatusLines = new byte[]?[600];

    private byte[] _buffer;
    private int _length;

    /// <summary>The answer's status.</summary>
    public int Status { get; private set; }

    /// <summary>Whether there is one.</summary>
    public readonly bool Exists => _length > 0;

    /// <summary>What is to be sent.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <summary>
    /// Writes the head from the payload of a Response frame, with room for a body behind it. False when it holds something that must be looked at more closely: then nothing is written.
    /// </summary>
    /// <exception cref="WorkerProtocolException">The frame is malformed.</exception>
    public bool TryWriteHead(ReadOnlySpan<byte> payload, int bodyLength, LiveInvocation invocation, ReadOnlySpan<byte> date, bool isLast)
    {
        var reader = new PayloadReader(payload);
        var head = ResponseHead.Read(ref reader);
        if (head.Status is < 200 or > 599)
        {
            return false;
        }

        // A header takes as many bytes here as in the frame: ": " and the line's end for two lengths.
        _buffer = ArrayPool<byte>.Shared.Rent(payload.Length + bodyLength + FixedLengthMax);
        Add(StatusLine(head.Status));
        if (head.ContentLength >= 0 && head.Status != StatusCodes.Status204NoContent)
        {
            Add("Content-Length: "u8);
            Utf8Formatter.TryFormat(head.ContentLength, _buffer.AsSpan(_length), out var written);
            _length += written;
            Add("\r\n"u8);
        }

        var hasDate = false;
        for (var left = reader.U16(); left > 0; left--)
        {
            var name = reader.TextBytes();
            var value = reader.TextBytes();
            if (!TryAdd(name, value, ref hasDate))
            {
                Free();
                return false;
            }
        }

        if (!hasDate)
        {
            Add(date);
        }

        if (invocation.CostOf(invocation.Caller.TakesBody ? bodyLength : 0) is { } cost)
        {
            Add(cost.Lines);
        }

        Add("X-Call-Id: "u8);
        _length += Encoding.ASCII.GetBytes(invocation.Id, _buffer.AsSpan(_length));
        Add("\r\nServer-Timing: "u8);
        _length += invocation.WriteTiming(_buffer.AsSpan(_length));
        Add(isLast ? "\r\nConnection: close\r\n\r\n"u8 : "\r\n\r\n"u8);
        Status = head.Status;
        return true;
    }

    /// <summary>Puts the body behind the head.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>It has left, or never will.</summary>
    public void Free()
    {
        if (_buffer is { Length: > 0 } buffer)
        {
            (_buffer, _length) = ([], 0);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    [SkipLocalsInit]
    private bool TryAdd(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ref bool hasDate)
    {
        if (name.IsEmpty)
        {
            return true;
        }

        if (name.Length > NameLengthMax || !PlainHeader.Is(name, value))
        {
            return false;
        }

        Span<char> text = stackalloc char[NameLengthMax];
        if (HeaderRules.ReachesCaller(text[..Encoding.ASCII.GetChars(name, text)]))
        {
            hasDate |= Ascii.EqualsIgnoreCase(name, "date"u8);
            Add(name);
            Add(": "u8);
            Add(value);
            Add("\r\n"u8);
        }

        return true;
    }

    private static byte[] StatusLine(int status) =>
        StatusLines[status] ??= Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {ReasonPhrases.GetReasonPhrase(status)}\r\n"));
}
