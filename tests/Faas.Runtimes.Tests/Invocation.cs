using System.Buffers;
using System.Text;
using System.Text.Json;
using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>Everything that came back for an invocation. <see cref="Status"/> is 0 when no Response came.</summary>
internal sealed record InvocationAnswer
{
    public int Status { get; init; }

    public long ContentLength { get; init; }

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public byte[] Body { get; init; } = [];

    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public FailureMessage? Failure { get; init; }

    public EndOfInvocation End { get; init; }

    /// <summary>The header's only value; null when it is missing.</summary>
    public string? Header(string name) => Headers.Where(h => string.Equals(h.Name, name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value).SingleOrDefault();
}

/// <summary>An invocation under way. Read it piece by piece (<see cref="ReadHeadAsync"/>, <see cref="ReadPieceAsync"/>) or all at once.</summary>
internal sealed class Invocation(FrameConnection frames, uint stream, string id)
{
    private readonly List<(string, string)> _headers = [];
    private readonly ArrayBufferWriter<byte> _body = new();
    private ResponseHead _head;
    private FailureMessage? _failure;
    private EndOfInvocation? _end;

    public string Id => id;

    public async Task SendBodyAsync(ReadOnlyMemory<byte> body, bool isLast)
    {
        do
        {
            var piece = body[..Math.Min(body.Length, FrameHeader.BodyPieceMax)];
            body = body[piece.Length..];
            await frames.SendFrameAsync(FrameType.RequestBody, stream, piece, isLast && body.IsEmpty ? FrameMarks.EndOfBody : FrameMarks.None);
        }
        while (!body.IsEmpty);
    }

    public Task CancelAsync(CancelReason reason) => frames.SendFrameAsync(FrameType.Cancel, stream, new[] { (byte)reason });

    /// <summary>Reads until the Response frame; its status.</summary>
    public async Task<int> ReadHeadAsync()
    {
        var type = await ReadAsync();
        Assert.True(type == FrameType.Response, $"{type} came in place of a Response: {_failure}");
        return _head.Status;
    }

    /// <summary>Reads one piece of the body as it was sent; null at the end (End or Failure).</summary>
    public async Task<string?> ReadPieceAsync()
    {
        var start = _body.WrittenCount;
        return await ReadAsync() == FrameType.ResponseBody ? Encoding.UTF8.GetString(_body.WrittenSpan[start..]) : null;
    }

    /// <summary>Reads what is left until End.</summary>
    public async Task<InvocationAnswer> ReadAnswerAsync()
    {
        while (_end is null)
        {
            await ReadAsync();
        }

        Assert.Equal(_failure is not null ? EndOutcome.Failed : EndOutcome.Completed, _end.Value.Outcome);
        return new InvocationAnswer
        {
            Status = _head.Status,
            ContentLength = _head.ContentLength,
            Headers = _headers,
            Body = _body.WrittenSpan.ToArray(),
            Failure = _failure,
            End = _end.Value,
        };
    }

    private async Task<FrameType> ReadAsync()
    {
        var frame = await frames.ReadFrameAsync() ?? throw new WorkerClosedException();
        Assert.Equal(stream, frame.Header.Stream);
        Take(frame);
        return frame.Type;
    }

    private void Take(Frame frame)
    {
        var reader = frame.Read();
        switch (frame.Type)
        {
            case FrameType.Response:
                Assert.Equal(0, _head.Status);
                _head = ResponseHead.Read(ref reader);
                for (var left = reader.U16(); left > 0; left--)
                {
                    _headers.Add((reader.Text(), reader.Text()));
                }

                break;
            case FrameType.ResponseBody:
                Assert.NotEqual(0, _head.Status);
                Assert.InRange(frame.Payload.Length, 0, FrameHeader.LongPieceMax);
                _body.Write(frame.Payload);
                break;
            case FrameType.Failure:
                _failure = JsonSerializer.Deserialize(frame.Payload, WorkerJson.Default.FailureMessage);
                break;
            case FrameType.End:
                _end = EndOfInvocation.Read(frame.Payload);
                break;
            default:
                throw new InvalidOperationException($"A worker sent {frame.Type} on a data connection.");
        }
    }
}

/// <summary>The worker closed a data connection on which an answer was expected.</summary>
internal sealed class WorkerClosedException() : Exception("The worker closed the connection before the invocation ended.");
