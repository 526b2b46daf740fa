using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Faas.Gateway.Forwarding;
using Faas.Gateway.Invocation;
using Faas.WorkerProtocol;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;
using HttpMethod = Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http.HttpMethod;

namespace Faas.Gateway.FastPath;

/// <summary>
/// One request at the front of a connection's buffer, as Kestrel's own parser cuts it (<see cref="HttpParser{TRequestHandler}"/>). It is plain when nothing in it needs more than a look:
/// HTTP/1.1, a known method, a length that is known and small, printable ASCII, no Expect, no Upgrade, no coding, nothing twice that must be there once. Whatever is not plain,
/// malformed or only unusual, is Kestrel's, so there is one judge of what is allowed.
/// </summary>
internal sealed class FastRequest : IHttpRequestLineHandler, IHttpHeadersHandler
{
    /// <summary>Bytes of a plain request's head, at most. Longer ones are rare, and Kestrel knows what to do with them.</summary>
    public const int HeadBytesMax = 8 * 1024;

    private const int HeadersMax = 40;
    private const int NameLengthMax = 64;

    private static readonly HttpParser<FastRequest> Parser = new(showErrorDetails: false);
    private static readonly SearchValues<byte> HostBytes = SearchValues.Create("-.:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz"u8);

    private readonly Header[] _headers = new Header[HeadersMax];
    private byte[] _buffer = [];
    private int _count;
    private bool _isPlain;
    private bool _hasContentLength;
    private Range _target;
    private Header _host;
    private Header _callId;
    private Header _forwardedFor;
    private Header _forwardedProto;
    private Header _forwardedHost;
    private Header _traceParent;
    private Header _traceState;

    /// <summary>The method.</summary>
    public string Method { get; private set; } = "";

    /// <summary>Bytes of the head.</summary>
    public int HeadLength { get; private set; }

    /// <summary>Bytes of the body.</summary>
    public int BodyLength { get; private set; }

    /// <summary>Bytes of the request.</summary>
    public int Length => HeadLength + BodyLength;

    /// <summary>Whether the connection ends after the answer.</summary>
    public bool IsLast { get; private set; }

    /// <summary>The request target as received.</summary>
    public ReadOnlySpan<byte> Target => _buffer.AsSpan(_target);

    /// <summary>The caller's id for the invocation; null when it sent none.</summary>
    public string? CallId => _callId.Exists ? Encoding.ASCII.GetString(Value(_callId)) : null;

    /// <summary>Its traceparent; empty when it has none.</summary>
    public ReadOnlySpan<byte> TraceParent => Value(_traceParent);

    /// <summary>Its tracestate; null when it has none.</summary>
    public string? TraceState => _traceState.Exists ? Encoding.ASCII.GetString(Value(_traceState)) : null;

    /// <summary>The body. Valid as long as the buffer.</summary>
    public ReadOnlyMemory<byte> Body => _buffer.AsMemory(HeadLength, BodyLength);

    /// <summary>Reads the head at the front of <paramref name="buffer"/>, of which <paramref name="length"/> bytes are filled.</summary>
    public FastHead Read(byte[] buffer, int length)
    {
        var received = buffer.AsSpan(0, length);
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0 || end > HeadBytesMax)
        {
            return end < 0 && length <= HeadBytesMax ? FastHead.Incomplete : FastHead.NotPlain;
        }

        Reset(buffer, end + 4);
        try
        {
            var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(buffer, 0, HeadLength));
            var isRead = Parser.ParseRequestLine(this, ref reader) && Parser.ParseHeaders(this, ref reader) && reader.End;
            return isRead && _isPlain && _host.Exists ? FastHead.Plain : FastHead.NotPlain;
        }
        catch (BadHttpRequestException)
        {
            return FastHead.NotPlain;
        }
    }

    /// <summary>Writes the headers as they reach the function: their count as u16, then the pairs. <paramref name="traceParent"/> comes first, in the place of the caller's; null to let that through.</summary>
    [SkipLocalsInit]
    public void WriteHeaders(PayloadWriter output, string remote, string invocationId, string? traceParent)
    {
        var countAt = output.Position;
        output.U16(0);
        Span<byte> lower = stackalloc byte[NameLengthMax];
        ushort count = 4;
        if (traceParent is not null)
        {
            output.Text(Tracing.TraceParent.Name);
            output.Text(traceParent);
            count++;
        }

        foreach (ref readonly var header in _headers.AsSpan(0, _count))
        {
            if (header.ReachesFunction && (traceParent is null || header != _traceParent))
            {
                Ascii.ToLower(_buffer.AsSpan(header.NameAt, header.NameLength), lower, out var length);
                output.Text(lower[..length]);
                output.Text(Value(header));
                count++;
            }
        }

        output.Text("x-forwarded-for"u8);
        WriteForwardedFor(output, remote);
        output.Text("x-forwarded-proto"u8);
        output.Text(_forwardedProto.Exists ? Value(_forwardedProto) : "http"u8);
        output.Text("x-forwarded-host"u8);
        output.Text(Value(_forwardedHost.Exists ? _forwardedHost : _host));
        output.Text("x-call-id"u8);
        output.Text(invocationId);
        output.PatchU16(countAt, count);
    }

    /// <inheritdoc/>
    public void OnStartLine(HttpVersionAndMethod versionAndMethod, TargetOffsetPathLength targetPath, Span<byte> startLine)
    {
        Method = HttpMethodText(versionAndMethod.Method);
        var target = startLine[targetPath.Offset..];   // The parser leaves off the version.
        var at = OffsetOf(target);
        _target = at..(at + target.Length);
        // A zero byte in the path is an error that Kestrel tells of.
        _isPlain = versionAndMethod.Version == HttpVersion.Http11 && Method.Length > 0 && target is [(byte)'/', ..] && !target.ContainsAnyExceptInRange((byte)'!', (byte)'~')
            && (!targetPath.IsEncoded || target.IndexOf("%00"u8) < 0);
    }

    /// <inheritdoc/>
    public void OnHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_count == HeadersMax || name.Length is 0 or > NameLengthMax || !PlainHeader.Is(name, value))
        {
            _isPlain = false;
            return;
        }

        var header = new Header(OffsetOf(name), name.Length, value.IsEmpty ? 0 : OffsetOf(value), value.Length, true);
        _headers[_count++] = Look(header, name, value);
    }

    /// <inheritdoc/>
    public void OnHeadersComplete(bool endStream)
    {
        // Read looks at all of them together.
    }

    /// <inheritdoc/>
    public void OnStaticIndexedHeader(int index) => throw new NotSupportedException("only HTTP/2 has these");

    /// <inheritdoc/>
    public void OnStaticIndexedHeader(int index, ReadOnlySpan<byte> value) => throw new NotSupportedException("only HTTP/2 has these");

    private void Reset(byte[] buffer, int headLength)
    {
        _buffer = buffer;
        _count = 0;
        _hasContentLength = false;
        _host = _callId = _forwardedFor = _forwardedProto = _forwardedHost = _traceParent = _traceState = default;
        HeadLength = headLength;
        BodyLength = 0;
        IsLast = false;
    }

    /// <summary>Sorts out the headers that mean something to a gateway. The others go to the function as they are.</summary>
    private Header Look(Header header, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        switch (name.Length)
        {
            case 4 when Is(name, "host"u8):
                Once(ref _host, header);
                _isPlain &= !value.IsEmpty && !value.ContainsAnyExcept(HostBytes);
                return header;
            case 9 when Is(name, "x-call-id"u8):
                Once(ref _callId, header);
                break;
            case 10 when Is(name, "connection"u8):
                IsLast |= Is(value, "close"u8);
                _isPlain &= IsLast || Is(value, "keep-alive"u8);
                break;
            case 10 when Is(name, "tracestate"u8):
                Once(ref _traceState, header);
                return header;
            case 11 when Is(name, "traceparent"u8):
                Once(ref _traceParent, header);
                return header;
            case 14 when Is(name, "content-length"u8):
                TakeContentLength(value);
                break;
            case 15 when Is(name, "idempotency-key"u8):
            case 17 when Is(name, "x-faas-invocation"u8):
                _isPlain = false;   // an event for the queue
                break;
            case 15 when Is(name, "x-forwarded-for"u8):
                Once(ref _forwardedFor, header);
                break;
            case 16 when Is(name, "x-forwarded-host"u8):
                Once(ref _forwardedHost, header);
                break;
            case 17 when Is(name, "x-forwarded-proto"u8):
                Once(ref _forwardedProto, header);
                break;
            case 6 when Is(name, "expect"u8):
            case 7 when Is(name, "upgrade"u8):
            case 17 when Is(name, "transfer-encoding"u8):
                _isPlain = false;
                break;
            default:
                return header with { ReachesFunction = Reaches(name) };
        }

        return header with { ReachesFunction = false };
    }

    private void Once(ref Header slot, Header header)
    {
        _isPlain &= !slot.Exists;
        slot = header;
    }

    private void TakeContentLength(ReadOnlySpan<byte> value)
    {
        var isNumber = value.Length is > 0 and < 10 && !value.ContainsAnyExceptInRange((byte)'0', (byte)'9') && Utf8Parser.TryParse(value, out int length, out _) && TrySetBody(length);
        _isPlain &= isNumber && !_hasContentLength;
        _hasContentLength = true;
    }

    private bool TrySetBody(int length)
    {
        BodyLength = length;
        return length <= FrameHeader.BodyPieceMax;
    }

    private void WriteForwardedFor(PayloadWriter output, string remote)
    {
        if (!_forwardedFor.Exists)
        {
            output.Text(remote);
            return;
        }

        var earlier = Encoding.ASCII.GetString(Value(_forwardedFor));
        output.Text(remote.Length == 0 ? earlier : $"{earlier}, {remote}");
    }

    [SkipLocalsInit]
    private static bool Reaches(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[NameLengthMax];
        return HeaderRules.ReachesFunction(text[..Encoding.ASCII.GetChars(name, text)]);
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower) => Ascii.EqualsIgnoreCase(text, lower);

    private ReadOnlySpan<byte> Value(in Header header) => _buffer.AsSpan(header.ValueAt, header.ValueLength);

    /// <summary>Where a part of the buffer begins. Kestrel's parser hands out parts of what it was given.</summary>
    private int OffsetOf(ReadOnlySpan<byte> part) =>
        (int)Unsafe.ByteOffset(in MemoryMarshal.GetArrayDataReference(_buffer), in MemoryMarshal.GetReference(part));

    private static string HttpMethodText(HttpMethod method) => method switch
    {
        HttpMethod.Get => HttpMethods.Get,
        HttpMethod.Post => HttpMethods.Post,
        HttpMethod.Put => HttpMethods.Put,
        HttpMethod.Delete => HttpMethods.Delete,
        HttpMethod.Patch => HttpMethods.Patch,
        HttpMethod.Head => HttpMethods.Head,
        HttpMethod.Options => HttpMethods.Options,
        _ => "",
    };

    private readonly record struct Header(int NameAt, int NameLength, int ValueAt, int ValueLength, bool ReachesFunction)
    {
        /// <summary>Whether it is one, and not the absence of one.</summary>
        public bool Exists => NameLength > 0;
    }
}

/// <summary>What is at the front of a connection's buffer.</summary>
internal enum FastHead
{
    /// <summary>Less than a head.</summary>
    Incomplete,

    /// <summary>The head of a plain request.</summary>
    Plain,

    /// <summary>Something for Kestrel.</summary>
    NotPlain,
}
