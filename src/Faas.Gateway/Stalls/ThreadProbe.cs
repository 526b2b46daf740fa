using System.Runtime.InteropServices;

namespace Faas.Gateway.Stalls;

/// <summary>Asks one thread whether it still comes back to the network: what it is asked goes the way of every request, so an answer proves that the thread runs.</summary>
internal abstract partial class ThreadProbe(TimeProvider clock) : IDisposable
{
    private long _answeredAt;
    private int _thread;
    private int _answers;
    private int _beats;

    /// <summary>The kernel's id of the thread that answers; 0 before the first answer, -1 when it is one of the pool's: nothing is to be watched then.</summary>
    public int Thread => Volatile.Read(ref _thread);

    /// <summary>Whether the last beat was answered.</summary>
    public bool IsAnswered => Volatile.Read(ref _answers) == _beats;

    /// <summary>When the last answer came: a timestamp of the clock.</summary>
    public long AnsweredAt => Volatile.Read(ref _answeredAt);

    /// <summary>When the last beat was sent: a timestamp of the clock.</summary>
    public long SentAt { get; private set; }

    /// <summary>Whether a stall of this thread was told of and hasn't ended yet.</summary>
    public bool IsStalled { get; set; }

    /// <summary>Judges whether a missing answer is a stall.</summary>
    public StallJudge Judge { get; } = new();

    /// <summary>Sends a beat. Only the watchdog does, and only after the last one was answered.</summary>
    public void Send()
    {
        _beats++;
        SentAt = clock.GetTimestamp();
        Judge.Begin(Thread > 0 ? ThreadTimes.Of(Thread) : null);
        Ask();
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Makes the thread call <see cref="Answer"/>.</summary>
    protected abstract void Ask();

    /// <summary>The thread runs. <paramref name="listen"/> is done before this is known: the next beat finds somebody who listens.</summary>
    protected void Answer(Action? listen)
    {
        if (_thread == 0)
        {
            Volatile.Write(ref _thread, System.Threading.Thread.CurrentThread.IsThreadPoolThread ? -1 : CurrentThread());
        }

        Volatile.Write(ref _answeredAt, clock.GetTimestamp());
        listen?.Invoke();
        Volatile.Write(ref _answers, _answers + 1);
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int CurrentThread();
}
