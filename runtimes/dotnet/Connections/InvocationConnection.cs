using System.Diagnostics;
using System.Net.Sockets;
using Faas.Runtime.DotNet.Answers;
using Faas.Runtime.DotNet.Functions;
using Faas.Runtime.DotNet.Logging;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>A gateway's connection: one invocation at a time, read, run and answered on this connection's own thread.</summary>
internal sealed class InvocationConnection : IAnswerWay, IWatchedConnection, IDisposable
{
    /// <summary>
    /// What waits in the kernel for a gateway whose caller is slow, about; more than the default of 208 KiB, so that most long answers leave without waiting and their slot is free at
    /// once. Linux cuts it to net.core.wmem_max.
    /// </summary>
    private const int KernelBytes = 512 * 1024;

    private readonly Worker _worker;
    private readonly Socket _socket;
    private readonly FrameReader _frames;
    private readonly Answer _answer;
    private volatile Invocation? _current;   // While it is set and has no pump, this connection's thread leaves the socket alone.

    public InvocationConnection(Worker worker, Socket socket, FrameReader frames)
    {
        _worker = worker;
        _socket = socket;
        _socket.SendBufferSize = KernelBytes;
        _frames = frames;
        _answer = new Answer(this);
    }

    /// <inheritdoc />
    public Socket? Socket => _socket;

    /// <inheritdoc />
    public void Send(ReadOnlySpan<byte> answers, int ended) => WorkerSocket.SendAll(_socket, answers);

    /// <inheritdoc />
    public Socket Move(uint stream, ReadOnlySpan<byte> announcement) => throw new UnreachableException("an answer on a data connection has it for itself");

    /// <inheritdoc />
    public bool Look()
    {
        if (_current is not { IsCancellable: true } invocation)
        {
            return false;
        }

        if (CancelPeek.Finds(invocation, _socket, _frames.Unread, _worker.Watch.Time.GetElapsedTime(invocation.StartedAt)))
        {
            invocation.Cancel();
        }

        return true;
    }

    public void Run()
    {
        _worker.Watch.Add(this);
        try
        {
            for (var isFirst = true; _frames.TryRead(out var header, out var payload); isFirst = false)
            {
                switch (header.Type)
                {
                    case FrameType.Take when isFirst:
                        if (!CarryMoved(header.Stream))
                        {
                            return;
                        }

                        break;
                    case FrameType.Request:
                        if (!ServeCounted(header, payload.Span))
                        {
                            return;
                        }

                        break;
                    case FrameType.RequestBody or FrameType.Cancel:
                        break;   // Left over from an invocation that has ended.
                    default:
                        throw new WorkerProtocolException($"a {header.Type} frame has no place on a data connection");
                }
            }
        }
        finally
        {
            _worker.Watch.Remove(this);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _answer.Dispose();

    /// <summary>An answer that began on a shared connection goes over this one. False when it is not known.</summary>
    private bool CarryMoved(uint stream)
    {
        if (_worker.Moved.Find(stream) is not { } moved)
        {
            return false;
        }

        _current = moved.Invocation;
        moved.CarryOver(_socket);
        _current = null;
        return !moved.IsBroken;
    }

    /// <summary>False when the connection must be closed: nothing may start any more, or the peer went away.</summary>
    private bool ServeCounted(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (_worker.Function is not { } function || !_worker.Running.TryEnter())
        {
            return false;   // Nothing has begun, so a closed connection tells the gateway that it may try another instance.
        }

        try
        {
            return Serve(function, header, payload);
        }
        finally
        {
            _current = null;
            _worker.Running.Exit();
        }
    }

    private bool Serve(HandlerFunction function, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var head = RequestHead.Read(ref reader);
        var (headers, traceParent) = RequestHeaders.Read(ref reader, function.TakesHeaders, head.IsTraced);
        var invocation = new Invocation(function, head, headers, header.Stream, _worker.Watch) { TraceParent = traceParent };
        invocation.Start();
        _answer.Begin(header.Stream);
        var metered = _worker.Meter.Begin(isBrief: false, invocation.StartedAt);
        BodyPump? pump = null;
        EndOutcome? outcome;
        (uint CpuMicros, uint PeakKiB) used;
        try
        {
            outcome = Run(invocation, header, ref pump);
        }
        finally
        {
            _current = null;
            used = _worker.Meter.End(metered, _worker.Watch.Time.GetElapsedTime(invocation.StartedAt));
        }

        if (outcome is not { } ended)
        {
            return false;
        }

        _answer.End(new EndOfInvocation(ended, RunMicros: 0, used.CpuMicros, used.PeakKiB));
        pump?.Finish();
        return true;
    }

    /// <summary>Reads the body, or begins to, and runs the handler. Null when the peer went away before the body was here.</summary>
    private EndOutcome? Run(Invocation invocation, FrameHeader header, ref BodyPump? pump)
    {
        var function = invocation.Function;
        var log = new InvocationLog(_worker.Logs, invocation.Head.InvocationId);
        FailureMessage? refused = null;
        if ((header.Flags & FrameMarks.EndOfBody) == 0)
        {
            if (function.TakesStream && invocation.Head.ContentLength is < 0 or > FrameHeader.BodyPieceMax)
            {
                pump = BodyPump.Start(_frames, invocation);
            }
            else if (!BodyReader.TryRead(_frames, invocation, function.BodyBytesMax, out refused))
            {
                return null;
            }
        }

        _current = invocation;
        if (refused is null)
        {
            return InvocationRun.Run(function, invocation, log, _answer);
        }

        _answer.Fail(refused);
        log.End();
        return EndOutcome.Failed;
    }
}
