using System.Net.Sockets;
using Faas.Runtime.DotNet.Answers;
using Faas.Runtime.DotNet.Functions;
using Faas.Runtime.DotNet.Logging;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>A gateway's connection: one invocation at a time, read, run and answered on this connection's own thread.</summary>
internal sealed class InvocationConnection(Worker worker, Socket socket, FrameReader frames) : IDisposable
{
    private readonly Answer _answer = new(socket);
    private readonly ExecutionContext? _clean = ExecutionContext.Capture();
    private volatile Invocation? _current;

    /// <summary>The invocation that runs, for <see cref="CancellationWatch"/>. While it is set and has no pump, this thread leaves the socket alone.</summary>
    public Invocation? Current => _current;

    public Socket Socket => socket;

    /// <summary>What was received beyond the running invocation's frames.</summary>
    public ReadOnlySpan<byte> Unread => frames.Unread;

    public void Run()
    {
        worker.Watch.Add(this);
        try
        {
            while (frames.TryRead(out var header, out var payload))
            {
                switch (header.Type)
                {
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
            worker.Watch.Remove(this);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _answer.Dispose();

    /// <summary>False when the connection must be closed: nothing may start any more, or the peer went away.</summary>
    private bool ServeCounted(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (worker.Function is not { } function || !worker.Running.TryEnter())
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
            worker.Running.Exit();
        }
    }

    private bool Serve(HandlerFunction function, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var head = RequestHead.Read(ref reader);
        var headers = function.TakesHeaders ? RequestHeaders.Read(ref reader) : [];
        var log = new InvocationLog(worker.Logs, head.InvocationId);
        var invocation = new Invocation(function, head, headers, header.Stream, worker.Watch);
        _answer.Begin(header.Stream);

        BodyPump? pump = null;
        FailureMessage? refused = null;
        if ((header.Flags & FrameMarks.EndOfBody) == 0)
        {
            if (function.TakesStream && head.ContentLength is < 0 or > FrameHeader.BodyPieceMax)
            {
                pump = BodyPump.Start(frames, invocation);
            }
            else if (!BodyReader.TryRead(frames, invocation, function.BodyBytesMax, out refused))
            {
                return false;
            }
        }

        _current = invocation;
        var failed = refused is not null;
        if (failed)
        {
            _answer.Fail(refused!);
        }
        else
        {
            failed = !RunFunction(function, invocation, log);
        }

        _current = null;
        log.End();
        _answer.End(failed);
        pump?.Finish();
        return true;
    }

    /// <summary>Runs user code and sends its answer. False when it failed; the failure is then written.</summary>
    private bool RunFunction(HandlerFunction function, Invocation invocation, InvocationLog log)
    {
        try
        {
            InvocationLog.Current = log;
            Result.Send(function.Invoke(invocation), invocation, _answer);
            return true;
        }
        catch (PeerGoneException)
        {
            invocation.Cancel();   // What the function started and did not await should stop, too.
            log.End();
            throw;
        }
        catch (Exception exception)
        {
            _answer.Fail(FunctionFailure.From(exception));
            return false;
        }
        finally
        {
            // A synchronous handler ran right on this thread: whatever it put into async-locals or the culture ends with it.
            ExecutionContext.Restore(_clean!);
        }
    }
}
