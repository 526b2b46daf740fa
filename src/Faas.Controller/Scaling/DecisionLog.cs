namespace Faas.Controller.Scaling;

/// <summary>One thing that the scaler did, or did not do, and why.</summary>
/// <param name="At">When, or when last.</param>
/// <param name="Action">What: a few words such as <c>started 2</c>, <c>held</c>, <c>froze</c>, <c>stopped</c>.</param>
/// <param name="Reason">Why, with the numbers that it was decided by.</param>
/// <param name="Times">How often in a row.</param>
internal sealed record Decision(DateTimeOffset At, string Action, string Reason, int Times);

/// <summary>
/// The last decisions about a revision. A decision like the last one only counts it up, so that a second of holding back under load does not push out
/// what came before. Passive; the fleet's lock guards it.
/// </summary>
internal sealed class DecisionLog
{
    private const int Kept = 32;

    private readonly Queue<Decision> _earlier = new(Kept);
    private Decision? _last;
    private string _lastKind = "";

    /// <summary>The last ones, newest first.</summary>
    public IEnumerable<Decision> Newest => _last is null ? [] : _earlier.Append(_last).Reverse();

    /// <summary>Notes a decision.</summary>
    /// <param name="now">The time.</param>
    /// <param name="kind">What makes two decisions alike.</param>
    /// <param name="action">What was done.</param>
    /// <param name="state">What the reason is made of.</param>
    /// <param name="reason">Why. Made only if it is kept.</param>
    public void Note<T>(DateTimeOffset now, string kind, string action, T state, Func<T, string> reason)
    {
        if (_last is { } last && _lastKind == kind)
        {
            // Alike again within a second: the numbers of the first one are as good, and a loaded platform has better things to do than to format text.
            _last = now - last.At < TimeSpan.FromSeconds(1)
                ? last with { Times = last.Times + 1 }
                : new Decision(now, action, reason(state), last.Times + 1);
            return;
        }

        if (_last is not null)
        {
            if (_earlier.Count == Kept - 1)
            {
                _earlier.Dequeue();
            }

            _earlier.Enqueue(_last);
        }

        _lastKind = kind;
        _last = new Decision(now, action, reason(state), 1);
    }
}
