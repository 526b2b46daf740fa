namespace Faas.WorkerProtocol;

/// <summary>
/// The fixed part of a Request frame. On the wire: kind u8, scheme u8, marks u16 (1: the first header is a traceparent), timeoutMs u32, contentLength i64, receivedUnixMs i64,
/// invocationId, method, path, query, remoteAddress (str16 each), then headerCount u16 and that many (name, value) pairs of str16.
/// </summary>
public readonly record struct RequestHead
{
    private const ushort Traced = 1;

    /// <summary>Whether the body is an HTTP request's or a raw JSON event.</summary>
    public required RequestKind Kind { get; init; }

    /// <summary>Whether the caller used https.</summary>
    public required bool IsHttps { get; init; }

    /// <summary>Whether it is traced. Then the first header is its <c>traceparent</c>.</summary>
    public bool IsTraced { get; init; }

    /// <summary>Milliseconds that the function may run.</summary>
    public required uint TimeoutMs { get; init; }

    /// <summary>Body bytes to come; -1 when unknown.</summary>
    public required long ContentLength { get; init; }

    /// <summary>When the gateway received it, in ms since 1970.</summary>
    public required long ReceivedUnixMs { get; init; }

    /// <summary>The invocation's id.</summary>
    public required string InvocationId { get; init; }

    /// <summary>HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>Path below the function's own, percent-encoded as received; at least <c>/</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Query as received, without the question mark.</summary>
    public required string Query { get; init; }

    /// <summary>The caller's address.</summary>
    public required string RemoteAddress { get; init; }

    /// <summary>Writes all but the headers; the caller continues with the u16 count and the pairs.</summary>
    public void Write(PayloadWriter writer)
    {
        writer.U8((byte)Kind);
        writer.U8(IsHttps ? (byte)1 : (byte)0);
        writer.U16(IsTraced ? Traced : (ushort)0);
        writer.U32(TimeoutMs);
        writer.I64(ContentLength);
        writer.I64(ReceivedUnixMs);
        writer.Text(InvocationId);
        writer.Text(Method);
        writer.Text(Path);
        writer.Text(Query);
        writer.Text(RemoteAddress);
    }

    /// <summary>Reads all but the headers; the reader then stands before their u16 count.</summary>
    public static RequestHead Read(ref PayloadReader reader)
    {
        var kind = (RequestKind)reader.U8();
        var isHttps = reader.U8() == 1;
        var isTraced = (reader.U16() & Traced) != 0;
        return new RequestHead
        {
            IsTraced = isTraced,
            Kind = kind,
            IsHttps = isHttps,
            TimeoutMs = reader.U32(),
            ContentLength = reader.I64(),
            ReceivedUnixMs = reader.I64(),
            InvocationId = reader.Text(),
            Method = reader.Text(),
            Path = reader.Text(),
            Query = reader.Text(),
            RemoteAddress = reader.Text(),
        };
    }
}

/// <summary>What an invocation's body is.</summary>
public enum RequestKind : byte
{
    /// <summary>An HTTP request; handlers see it as a function-URL event.</summary>
    Http = 0,

    /// <summary>A JSON value that is the event itself.</summary>
    Event = 1,
}

/// <summary>
/// The fixed part of a Response frame. On the wire: status u16, reserved u16, contentLength i64 (-1 unknown), then headerCount u16 and
/// that many (name, value) pairs of str16. A content-length header is not among the pairs.
/// </summary>
/// <param name="Status">HTTP status code, 200 to 599.</param>
/// <param name="ContentLength">Body bytes to come; -1 when unknown.</param>
public readonly record struct ResponseHead(ushort Status, long ContentLength)
{
    /// <summary>Writes all but the headers.</summary>
    public void Write(PayloadWriter writer)
    {
        writer.U16(Status);
        writer.U16(0);
        writer.I64(ContentLength);
    }

    /// <summary>Reads all but the headers; the reader then stands before their u16 count.</summary>
    public static ResponseHead Read(ref PayloadReader reader)
    {
        var status = reader.U16();
        reader.U16();
        return new ResponseHead(status, reader.I64());
    }
}

/// <summary>
/// The payload of an End frame: outcome u8, reserved u8, runMicros u16 (0 when unknown), cpuMicros u32 (0 when unknown), peakKiB u32 (0 when unknown). Workers of earlier versions send no peak.
/// </summary>
/// <param name="Outcome">What became of the invocation.</param>
/// <param name="RunMicros">How long the function ran as its worker saw it, in µs: without what the worker waited for to be woken. <see cref="RunMicrosMax"/> stands for all that is longer.</param>
/// <param name="CpuMicros">CPU time of the invocation in µs; 0 when unknown. <see cref="uint.MaxValue"/> (71 minutes) stands for all that is longer.</param>
/// <param name="PeakKiB">Most memory that the worker had resident while it ran, in KiB; 0 when unknown.</param>
public readonly record struct EndOfInvocation(EndOutcome Outcome, ushort RunMicros, uint CpuMicros, uint PeakKiB)
{
    /// <summary>The longest running time that is told apart: 65 ms.</summary>
    public const ushort RunMicrosMax = ushort.MaxValue;

    private const int LengthWithoutPeak = 8;

    /// <summary>A running time as it is told.</summary>
    public static ushort ToRunMicros(TimeSpan ran) => (ushort)Math.Clamp(ran.TotalMicroseconds, 1, RunMicrosMax);

    /// <summary>Writes it.</summary>
    public void Write(PayloadWriter writer)
    {
        writer.U8((byte)Outcome);
        writer.U8(0);
        writer.U16(RunMicros);
        writer.U32(CpuMicros);
        writer.U32(PeakKiB);
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="WorkerProtocolException">It is too short, or its outcome is none.</exception>
    public static EndOfInvocation Read(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var outcome = (EndOutcome)reader.U8();
        if (outcome > EndOutcome.Refused)
        {
            throw new WorkerProtocolException($"an invocation ended with the unknown outcome {(byte)outcome}");
        }

        reader.U8();
        return new EndOfInvocation(outcome, reader.U16(), reader.U32(), payload.Length > LengthWithoutPeak ? reader.U32() : 0);
    }
}

/// <summary>What became of an invocation.</summary>
public enum EndOutcome : byte
{
    /// <summary>The function answered.</summary>
    Completed = 0,

    /// <summary>A Failure frame came before.</summary>
    Failed = 1,

    /// <summary>On shared connections: the worker takes no new invocation, and nothing of this one has begun.</summary>
    Refused = 2,
}

/// <summary>Who opened a connection to a worker.</summary>
public enum ConnectionRole : byte
{
    /// <summary>The controller: specialize, logs, shutdown. A newer one replaces an older one.</summary>
    Control = 1,

    /// <summary>The gateway: invocations, one at a time, of any length.</summary>
    Data = 2,

    /// <summary>The gateway: small invocations, many at a time.</summary>
    Shared = 3,
}

/// <summary>Why nobody waits any more: the payload of a Cancel frame is this one byte.</summary>
public enum CancelReason : byte
{
    /// <summary>The function's timeout ran out.</summary>
    Timeout = 1,

    /// <summary>The caller went away.</summary>
    CallerGone = 2,
}
