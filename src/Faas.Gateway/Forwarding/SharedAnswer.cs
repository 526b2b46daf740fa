using Faas.WorkerProtocol;

namespace Faas.Gateway.Forwarding;

/// <summary>One invocation's frames at the front of what a shared connection has received: an answer, a failure, a refusal, or that the answer is moved.</summary>
/// <param name="Stream">The invocation's number.</param>
/// <param name="Outcome">What it is.</param>
/// <param name="Head">Payload of the Response or Failure frame.</param>
/// <param name="Body">The answer's body.</param>
/// <param name="Length">Bytes of all its frames.</param>
/// <param name="End">What the worker told at its end.</param>
internal readonly record struct SharedAnswer(uint Stream, SharedOutcome Outcome, ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Body, int Length, EndOfInvocation End = default)
{
    /// <summary>Reads them. False until all are here.</summary>
    /// <exception cref="WorkerProtocolException">The worker does not speak the protocol.</exception>
    public static bool TryRead(ReadOnlyMemory<byte> received, out SharedAnswer answer)
    {
        answer = default;
        if (!TryReadFrame(received, 0, out var first, out var head))
        {
            return false;
        }

        var at = FrameHeader.Length + head.Length;
        switch (first.Type)
        {
            case FrameType.Move:
                answer = new SharedAnswer(first.Stream, SharedOutcome.Moved, default, default, at);
                return true;
            case FrameType.End:
                var outcome = EndOfInvocation.Read(head.Span).Outcome;
                // Without a Response or a Failure before it, an End that is no refusal answers a Cancel.
                answer = new SharedAnswer(first.Stream, outcome == EndOutcome.Refused ? SharedOutcome.Refused : SharedOutcome.CallerGone, default, default, at);
                return true;
            case FrameType.Failure:
                return TryReadEnd(received, first, SharedOutcome.Failed, head, default, at, out answer);
            case FrameType.Response:
                break;
            default:
                throw new WorkerProtocolException($"it answered with {first.Type} where Response was due");
        }

        if (!TryReadFrame(received, at, out var second, out var body))
        {
            return false;
        }

        if (second.Type != FrameType.ResponseBody)
        {
            body = default;
        }
        else
        {
            at += FrameHeader.Length + body.Length;
        }

        if (!TryReadEnd(received, first, SharedOutcome.Answered, head, body, at, out answer))
        {
            return false;
        }

        CheckLength(head, body.Length);
        return true;
    }

    /// <summary>How many of them are here as a whole, up to whatever breaks the protocol.</summary>
    public static int CountIn(ReadOnlyMemory<byte> received)
    {
        var count = 0;
        try
        {
            for (; TryRead(received, out var answer); received = received[answer.Length..])
            {
                count++;
            }
        }
        catch (WorkerProtocolException)
        {
            // Whoever reads them one after the other meets it in its turn.
        }

        return count;
    }

    private static bool TryReadEnd(
        ReadOnlyMemory<byte> received, FrameHeader first, SharedOutcome outcome, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, int at, out SharedAnswer answer)
    {
        answer = default;
        if (!TryReadFrame(received, at, out var end, out var payload))
        {
            return false;
        }

        if (end.Type != FrameType.End || end.Stream != first.Stream)
        {
            throw new WorkerProtocolException($"it sent {end.Type} of invocation {end.Stream} where End of {first.Stream} was due");
        }

        answer = new SharedAnswer(first.Stream, outcome, head, body, at + FrameHeader.Length + payload.Length, EndOfInvocation.Read(payload.Span));
        return true;
    }

    private static bool TryReadFrame(ReadOnlyMemory<byte> received, int at, out FrameHeader header, out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        if (!FrameHeader.TryRead(received.Span[at..], out header) || received.Length - at < FrameHeader.Length + header.PayloadLength)
        {
            return false;
        }

        payload = received.Slice(at + FrameHeader.Length, header.PayloadLength);
        return true;
    }

    private static void CheckLength(ReadOnlyMemory<byte> head, int length)
    {
        var reader = new PayloadReader(head.Span);
        var announced = ResponseHead.Read(ref reader).ContentLength;
        if (announced != length)
        {
            throw new WorkerProtocolException($"its answer has {length} bytes and was announced to have {announced}");
        }
    }
}
