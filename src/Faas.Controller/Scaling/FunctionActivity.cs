using Faas.Controller.Scaling.KeepAlive;

namespace Faas.Controller.Scaling;

/// <summary>When a function is used: its pauses, which keep-alive is learned from. Outlives revisions. Passive; the fleet's lock guards it.</summary>
internal sealed class FunctionActivity(DateTimeOffset now, IdleHistory history)
{
    /// <summary>A pause shorter than this is none: nothing would be decided within it, and bursts would drown the pauses between them.</summary>
    private static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(2);

    /// <summary>Half of the invocations counted in <see cref="Uses"/> are forgotten after this time without any.</summary>
    private static readonly TimeSpan UsesHalfLife = TimeSpan.FromMinutes(10);

    private string _revision = "";
    private long _arrivals;
    private double _uses;
    private DateTimeOffset _usesAt = now;

    /// <summary>Requests since this controller knows the function.</summary>
    public long Arrivals { get; private set; }

    /// <summary>Its pauses so far.</summary>
    public IdleHistory History { get; } = history;

    /// <summary>Whether something runs or waits, as last reported.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Since when nothing has; only while not <see cref="IsBusy"/>.</summary>
    public DateTimeOffset QuietSince { get; private set; } = now;

    /// <summary>The pause in which an instance was started ahead of time, by its beginning; so that it is done once in each.</summary>
    public DateTimeOffset? PrewarmedIn { get; set; }

    /// <summary>What <see cref="History"/> says, worked out once in each pause; null when it must be worked out.</summary>
    public KeepAlivePlan? Plan { get; set; }

    /// <summary>How long nothing has run or waited.</summary>
    public TimeSpan Idle(DateTimeOffset now) => IsBusy || now < QuietSince ? TimeSpan.Zero : now - QuietSince;

    /// <summary>Invocations lately: each counts half after <see cref="UsesHalfLife"/>.</summary>
    public double Uses(DateTimeOffset now) => _uses * Math.Pow(0.5, (now - _usesAt) / UsesHalfLife);

    /// <summary>Takes note of what the gateway reports of a revision.</summary>
    /// <param name="revision">The revision.</param>
    /// <param name="arrivals">Requests since the gateway knows it.</param>
    /// <param name="isBusy">Whether something runs or waits.</param>
    /// <param name="quiet">How long nothing has.</param>
    /// <param name="now">The time.</param>
    public void Observe(string revision, long arrivals, bool isBusy, TimeSpan quiet, DateTimeOffset now)
    {
        // A gateway that was restarted, or another revision, counts from the beginning.
        var came = revision == _revision && arrivals >= _arrivals ? arrivals - _arrivals : arrivals;
        (_revision, _arrivals) = (revision, arrivals);
        if (came > 0)
        {
            var pause = Idle(now);
            if (pause >= PauseMin)
            {
                History.Record(pause);
            }

            Arrivals += came;
            Plan = null;
            _uses = Uses(now) + came;
            _usesAt = now;
        }

        if (!isBusy && (IsBusy || came > 0))
        {
            QuietSince = now - quiet;
        }

        IsBusy = isBusy;
    }

    /// <summary>Nothing is known to run or wait any more, until it is reported again.</summary>
    public void Rest(DateTimeOffset now)
    {
        if (IsBusy)
        {
            IsBusy = false;
            QuietSince = now;
        }
    }
}
