using Faas.Runtime.DotNet.Answers;
using Faas.Runtime.DotNet.Functions;
using Faas.Runtime.DotNet.Logging;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>One of the threads of a <see cref="SharedConnection"/>, with the answers that it has ready.</summary>
internal sealed class ServingThread(SharedConnection connection, Worker worker) : IDisposable
{
    /// <summary>A thread that was not needed for this long ends; it would keep its stack.</summary>
    private static readonly TimeSpan RestMax = TimeSpan.FromSeconds(10);

    /// <summary>No answer waits longer than this for the next invocation to be run: about what a send costs ten times.</summary>
    private static readonly TimeSpan GatheringMax = TimeSpan.FromMicroseconds(100);

    private const int GatheredMax = 32 * 1024;

    private readonly Answer _answer = new(connection);
    private readonly RunClock _clock = new(worker.Watch.Time);
    private readonly object _bell = new();
    private long _firstReadyAt;
    private bool _isCalled;

    /// <summary>Whether it may end when it is not needed.</summary>
    public bool MayLeave { get; private set; }

    /// <summary>Whether the last invocation's answer went over a connection of its own, so that its End is not among the answers.</summary>
    public bool HasMoved => _answer.HasOwnConnection;

    public bool HasAnswers => _answer.Gathered > 0;

    /// <summary>Whether it was called and has not seen it yet.</summary>
    public bool IsCalled
    {
        get
        {
            lock (_bell)
            {
                return _isCalled;
            }
        }
    }

    /// <summary>Does what there is to do until the connection is closed.</summary>
    public void Serve(bool mayLeave)
    {
        MayLeave = mayLeave;
        try
        {
            while (connection.TryNext(this, out var invocation))
            {
                if (invocation is null)
                {
                    connection.Read(this);
                }
                else
                {
                    connection.Serve(this, invocation);
                }
            }
        }
        catch (Exception exception) when (exception is WorkerProtocolException or PeerGoneException)
        {
            connection.Close();   // Closing the connection is the answer to both.
        }
        finally
        {
            worker.Running.Exit(_answer.Ended);   // What is ready now leaves no more.
        }
    }

    /// <summary>Runs the handler; how long that took. A connection of the answer's own that breaks is no concern of the shared one.</summary>
    public TimeSpan Run(Invocation invocation, bool isBrief)
    {
        invocation.Start();
        _answer.Begin(invocation.Stream);
        var ran = TimeSpan.Zero;
        var isBroken = false;
        try
        {
            _answer.End(RunMetered(invocation, isBrief, ref ran));
        }
        catch (PeerGoneException) when (_answer.HasOwnConnection)
        {
            isBroken = true;
        }
        finally
        {
            if (worker.Moved.Find(invocation.Stream) is { } moved)
            {
                worker.Moved.Remove(invocation.Stream);
                moved.End(isBroken);
            }
        }

        var now = worker.Watch.Time.GetTimestamp();
        _firstReadyAt = _firstReadyAt == 0 ? now : _firstReadyAt;
        AreAnswersDue = _answer.Gathered > GatheredMax || worker.Watch.Time.GetElapsedTime(_firstReadyAt, now) > GatheringMax;
        return ran;
    }

    /// <summary>Answers that the worker takes no new invocation.</summary>
    public void Refuse(uint stream)
    {
        _answer.Begin(stream);
        _answer.End(new EndOfInvocation(EndOutcome.Refused, RunMicros: 0, CpuMicros: 0, PeakKiB: 0));
    }

    /// <summary>Whether what is ready has waited long enough for more. As of the last invocation's end.</summary>
    public bool AreAnswersDue { get; private set; }

    /// <summary>Sends what is ready.</summary>
    public void SendAnswers()
    {
        _answer.Leave();
        _firstReadyAt = 0;
    }

    /// <summary>Called by the watch while this thread is in a handler: sends what was ready before.</summary>
    public void SendWhatIsReady()
    {
        try
        {
            _answer.LeaveFromOutside();
        }
        catch (PeerGoneException)
        {
            // The reader sees it too.
        }
    }

    /// <summary>Waits to be called. False when nobody called for long.</summary>
    public bool Rest()
    {
        lock (_bell)
        {
            while (!_isCalled)
            {
                if (!Monitor.Wait(_bell, RestMax) && !_isCalled)
                {
                    return false;
                }
            }

            _isCalled = false;
            return true;
        }
    }

    /// <summary>Ends its rest.</summary>
    public void Call()
    {
        lock (_bell)
        {
            _isCalled = true;
            Monitor.Pulse(_bell);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _answer.Dispose();

    private EndOfInvocation RunMetered(Invocation invocation, bool isBrief, ref TimeSpan ran)
    {
        var metered = worker.Meter.Begin(isBrief, invocation.StartedAt);
        _clock.Start(invocation.StartedAt);
        EndOutcome outcome;
        (uint CpuMicros, uint PeakKiB) used;
        try
        {
            outcome = invocation.IsCancelled ? Abandon() : InvocationRun.Run(invocation.Function, invocation, new InvocationLog(worker.Logs, invocation.Head.InvocationId), _answer);
        }
        finally
        {
            ran = _clock.Stop(invocation.StartedAt);
            used = worker.Meter.End(metered, ran);
        }

        return new EndOfInvocation(outcome, EndOfInvocation.ToRunMicros(ran), used.CpuMicros, used.PeakKiB);
    }

    private EndOutcome Abandon()
    {
        _answer.Fail(new FailureMessage
        {
            Kind = "Unhandled", ErrorType = typeof(OperationCanceledException).FullName!, Message = "the invocation was cancelled before it began",
        });
        return EndOutcome.Failed;
    }
}
