using System.Text.Json;
using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>
/// The gateway's side of one shared connection: any number of small invocations at the same time. What belongs to one answer must come without anything in
/// between, and is handed out as a whole.
/// </summary>
internal sealed class SharedConnection(FrameConnection frames) : IDisposable
{
    private uint _stream;

    public FrameConnection Frames => frames;

    /// <summary>Sends one request with its body, without waiting for any answer; its number.</summary>
    public async Task<uint> BeginAsync(InvocationRequest request) => (await BeginAsync([request]))[0];

    /// <summary>Sends several requests in one write, as a busy gateway does; their numbers.</summary>
    public async Task<IReadOnlyList<uint>> BeginAsync(IEnumerable<InvocationRequest> requests)
    {
        using var writer = new PayloadWriter();
        var streams = new List<uint>();
        foreach (var request in requests)
        {
            streams.Add(++_stream);
            DataConnection.WriteHead(writer, _stream, request);
            if (request.Body is { } body)
            {
                writer.BeginFrame();
                writer.Raw(body);
                writer.EndFrame(FrameType.RequestBody, _stream, FrameMarks.EndOfBody);
            }
        }

        await frames.SendAsync(writer.Written);
        return streams;
    }

    public Task CancelAsync(uint stream, CancelReason reason) => frames.SendFrameAsync(FrameType.Cancel, stream, new[] { (byte)reason });

    /// <summary>Asks for an invocation back that was sent ahead of its turn.</summary>
    public Task RecallAsync(uint stream) => frames.SendFrameAsync(FrameType.Recall, stream, ReadOnlyMemory<byte>.Empty);

    /// <summary>The next answer, of whichever invocation; or the news that one was moved.</summary>
    public async Task<SharedAnswer> ReadAsync()
    {
        var first = await NextAsync();
        var stream = first.Header.Stream;
        switch (first.Type)
        {
            case FrameType.Move:
                return new SharedAnswer(stream) { IsMoved = true };
            case FrameType.End:
                return new SharedAnswer(stream) { Answer = new InvocationAnswer { End = EndOf(first) } };
            case FrameType.Failure:
                var failure = JsonSerializer.Deserialize(first.Payload, WorkerJson.Default.FailureMessage);
                return new SharedAnswer(stream) { Answer = new InvocationAnswer { Failure = failure, End = EndOf(await NextAsync(stream)) } };
        }

        Assert.Equal(FrameType.Response, first.Type);
        var reader = first.Read();
        var head = ResponseHead.Read(ref reader);
        var headers = new List<(string, string)>();
        for (var left = reader.U16(); left > 0; left--)
        {
            headers.Add((reader.Text(), reader.Text()));
        }

        var next = await NextAsync(stream);
        var body = next.Type == FrameType.ResponseBody ? next.Payload : [];
        Assert.Equal(head.ContentLength, body.Length);
        var end = next.Type == FrameType.ResponseBody ? await NextAsync(stream) : next;
        return new SharedAnswer(stream) { Answer = new InvocationAnswer { Status = head.Status, ContentLength = head.ContentLength, Headers = headers, Body = body, End = EndOf(end) } };
    }

    /// <summary>One invocation after the other: its answer.</summary>
    public async Task<InvocationAnswer> InvokeAsync(InvocationRequest request)
    {
        var stream = await BeginAsync(request);
        var answer = await ReadAsync();
        Assert.Equal(stream, answer.Stream);
        return answer.Answer ?? throw new InvalidOperationException("The answer was moved.");
    }

    public void Dispose() => frames.Dispose();

    private static EndOfInvocation EndOf(Frame frame)
    {
        Assert.Equal(FrameType.End, frame.Type);
        return EndOfInvocation.Read(frame.Payload);
    }

    private async Task<Frame> NextAsync(uint? stream = null)
    {
        var frame = await frames.ReadFrameAsync() ?? throw new WorkerClosedException();
        Assert.Equal(stream ?? frame.Header.Stream, frame.Header.Stream);
        return frame;
    }
}

/// <summary>What came back for one invocation on a shared connection.</summary>
internal sealed record SharedAnswer(uint Stream)
{
    /// <summary>The whole answer; null when it was moved.</summary>
    public InvocationAnswer? Answer { get; init; }

    public bool IsMoved { get; init; }
}
