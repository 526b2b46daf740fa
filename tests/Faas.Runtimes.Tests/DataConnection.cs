using System.Text;
using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>What a test sends. Defaults: GET /, no headers, no body, 30 s.</summary>
internal sealed record InvocationRequest
{
    public RequestKind Kind { get; init; } = RequestKind.Http;

    public bool IsHttps { get; init; }

    public uint TimeoutMs { get; init; } = 30_000;

    public string Id { get; init; } = Guid.NewGuid().ToString("N");

    public string Method { get; init; } = "GET";

    public string Path { get; init; } = "/";

    public string Query { get; init; } = "";

    public string RemoteAddress { get; init; } = "203.0.113.9";

    public long ReceivedUnixMs { get; init; } = 1_795_341_600_000;

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Null: no body, unless <see cref="BodyFollows"/>.</summary>
    public byte[]? Body { get; init; }

    /// <summary>The test sends the body itself, with <see cref="Invocation.SendBodyAsync"/>; its length is announced as unknown.</summary>
    public bool BodyFollows { get; init; }

    /// <summary>A raw JSON event.</summary>
    public static InvocationRequest Event(string json) => new() { Kind = RequestKind.Event, Method = "POST", Body = Encoding.UTF8.GetBytes(json) };
}

/// <summary>The gateway's side of one data connection: one invocation after the other.</summary>
internal sealed class DataConnection(FrameConnection frames) : IDisposable
{
    private uint _stream;

    public FrameConnection Frames => frames;

    /// <summary>Sends the request and its whole body, without waiting for any answer.</summary>
    public async Task<Invocation> BeginAsync(InvocationRequest request)
    {
        var invocation = new Invocation(frames, ++_stream, request.Id);
        using var writer = new PayloadWriter();
        WriteHead(writer, _stream, request);
        await frames.SendAsync(writer.Written);
        if (request.Body is { } body)
        {
            await invocation.SendBodyAsync(body, isLast: true);
        }

        return invocation;
    }

    /// <summary>The answer to an invocation that a worker has moved from a shared connection; this connection must be new.</summary>
    public async Task<Invocation> TakeAsync(uint stream, string id)
    {
        _stream = Math.Max(_stream, stream);
        await frames.SendFrameAsync(FrameType.Take, stream, ReadOnlyMemory<byte>.Empty);
        return new Invocation(frames, stream, id);
    }

    /// <summary>Writes the Request frame.</summary>
    public static void WriteHead(PayloadWriter writer, uint stream, InvocationRequest request)
    {
        writer.BeginFrame();
        Head(request).Write(writer);
        writer.U16((ushort)request.Headers.Count);
        foreach (var (name, value) in request.Headers)
        {
            writer.Text(name);
            writer.Text(value);
        }

        var hasBody = request.Body is not null || request.BodyFollows;
        writer.EndFrame(FrameType.Request, stream, hasBody ? FrameMarks.None : FrameMarks.EndOfBody);
    }

    /// <summary>Sends the request and reads its answer at the same time, so that large bodies may go both ways.</summary>
    public async Task<InvocationAnswer> InvokeAsync(InvocationRequest request)
    {
        var body = request.Body;
        var invocation = await BeginAsync(request with { Body = null, BodyFollows = body is not null || request.BodyFollows });
        var sending = body is null ? Task.CompletedTask : invocation.SendBodyAsync(body, isLast: true);
        var answer = await invocation.ReadAnswerAsync();
        await sending;
        return answer;
    }

    public void Dispose() => frames.Dispose();

    private static RequestHead Head(InvocationRequest request) => new()
    {
        Kind = request.Kind,
        IsHttps = request.IsHttps,
        TimeoutMs = request.TimeoutMs,
        ContentLength = request.BodyFollows ? -1 : request.Body?.Length ?? 0,
        ReceivedUnixMs = request.ReceivedUnixMs,
        InvocationId = request.Id,
        Method = request.Method,
        Path = request.Path,
        Query = request.Query,
        RemoteAddress = request.RemoteAddress,
    };
}
