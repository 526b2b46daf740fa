using System.IO.Pipelines;
using Faas.Runtime.DotNet.Functions;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>
/// Moves a large or endless body from the socket to the function's <see cref="Stream"/> while the function runs. A thread of its own: such bodies
/// are rare and have a connection of their own, and while it reads it also sees a Cancel at once.
/// </summary>
internal sealed class BodyPump
{
    /// <summary>How far the pump runs ahead of the function; the rest waits in the sockets, which is the back-pressure.</summary>
    private const int AheadBytes = 256 * 1024;

    /// <summary>What is read in one go: large enough to be few, small enough for the function to begin before all of a frame is here.</summary>
    private const int PieceBytes = 64 * 1024;

    private readonly FrameReader _frames;
    private readonly Invocation _invocation;
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: AheadBytes, resumeWriterThreshold: AheadBytes / 2, useSynchronizationContext: false));
    private readonly Thread _thread;

    private BodyPump(FrameReader frames, Invocation invocation)
    {
        _frames = frames;
        _invocation = invocation;
        _thread = new Thread(Pump) { IsBackground = true, Name = "faas body" };
    }

    public static BodyPump Start(FrameReader frames, Invocation invocation)
    {
        var pump = new BodyPump(frames, invocation);
        invocation.BodyStream = pump._pipe.Reader.AsStream(leaveOpen: true);
        invocation.HasPump = true;
        pump._thread.Start();
        return pump;
    }

    /// <summary>Throws away what the function did not read, up to the end of the body, so that the next invocation can be read.</summary>
    public void Finish()
    {
        _pipe.Reader.Complete();
        _thread.Join();
    }

    private void Pump()
    {
        Exception? broken = null;
        try
        {
            while (MoveOne(out broken))
            {
            }
        }
        catch (WorkerProtocolException exception)
        {
            broken = new IOException("the request's body was broken off", exception);
        }

        _pipe.Writer.Complete(broken);
        _invocation.HasPump = false;
    }

    /// <summary>Moves one frame. False at the end; <paramref name="broken"/> is then why it came early. Frames that are not ours stay unread.</summary>
    private bool MoveOne(out Exception? broken)
    {
        broken = null;
        if (!_frames.TryPeek(out var header))
        {
            _invocation.Cancel();
            broken = new IOException("the caller went away while the body was read");
            return false;
        }

        if (header.Stream != _invocation.Stream || header.Type is not (FrameType.RequestBody or FrameType.Cancel))
        {
            broken = new IOException("the request's body was broken off");
            return false;
        }

        if (!_frames.TryReadHeader(out header) || header.Type == FrameType.Cancel || !TryMove(header.PayloadLength))
        {
            _frames.TrySkip(header.Type == FrameType.Cancel ? header.PayloadLength : 0);
            _invocation.Cancel();
            broken = new OperationCanceledException("the invocation was cancelled while the body was read");
            return false;
        }

        return (header.Flags & FrameMarks.EndOfBody) == 0;
    }

    /// <summary>Straight from the socket into what the function reads from. False when the peer has closed the connection.</summary>
    private bool TryMove(int left)
    {
        while (left > 0)
        {
            var piece = Math.Min(left, PieceBytes);
            if (!_frames.TryReadInto(_pipe.Writer.GetSpan(piece)[..piece]))
            {
                return false;
            }

            left -= piece;
            _pipe.Writer.Advance(piece);
            var flushed = _pipe.Writer.FlushAsync();
            _ = flushed.IsCompleted ? flushed.Result : flushed.AsTask().GetAwaiter().GetResult();
        }

        return true;
    }
}
