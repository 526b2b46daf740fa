using Faas.Storage;

namespace Faas.Events;

/// <summary>
/// How much of each lane is claimed, how much of that runs, and when its next entry is due. What waits stays in the store and costs no memory here, but for as many of a lane as it runs
/// at a time: they are claimed ahead, so that a function needn't wait for the store between one and the next. Thread-safe; knows no clock.
/// </summary>
/// <param name="limitOf">Entries of a lane that may run at the same time.</param>
/// <param name="totalMax">Entries of all lanes that may be claimed at the same time.</param>
internal sealed class LaneTable(Func<string, int> limitOf, int totalMax)
{
    /// <summary>Entries in one claim: enough to fill a lane's slots in few commits, few enough that a lane doesn't take all that others could have.</summary>
    private const int ClaimMax = 32;

    /// <summary>Entries that are claimed ahead at most.</summary>
    private const int AheadMax = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private int _claimed;
    private long _turn;

    /// <summary>When the first entry of any lane becomes due after <paramref name="now"/>; null when none will. What is due already waits for room, and whoever gives that back wakes the pump.</summary>
    public DateTimeOffset? NextDueAfter(DateTimeOffset now)
    {
        lock (_lock)
        {
            DateTimeOffset? next = null;
            foreach (var lane in _lanes.Values)
            {
                next = lane.NextDueAt > now ? Earlier(next, lane.NextDueAt) : next;
            }

            return next;
        }
    }

    /// <summary>Entries of the lane that wait, as far as is known.</summary>
    public long WaitingIn(string lane)
    {
        lock (_lock)
        {
            return _lanes.TryGetValue(lane, out var found) ? found.Waiting : 0;
        }
    }

    /// <summary>
    /// Entries of the lane that could run now and don't, as far as is known; those that are delayed count as well once another one is due, and those that are held back never: no instance is to be
    /// started for them.
    /// </summary>
    public long DueIn(string lane, DateTimeOffset now)
    {
        lock (_lock)
        {
            return _lanes.TryGetValue(lane, out var found) && limitOf(lane) > 0 ? found.Ahead.Count + (found.NextDueAt <= now ? found.Waiting : 0) : 0;
        }
    }

    /// <summary>Takes room for an entry that is being accepted, unless others of its lane are due before it.</summary>
    public bool TryReserve(string lane, DateTimeOffset now)
    {
        lock (_lock)
        {
            var found = LaneOf(lane);
            if (found.NextDueAt <= now || found.IsClaiming || found.Claimed >= ClaimsOf(lane) || _claimed >= totalMax)
            {
                return false;
            }

            found.Claimed++;
            _claimed++;
            return true;
        }
    }

    /// <summary>Gives room back: the attempt's end is stored, or there was none.</summary>
    public void Release(string lane)
    {
        lock (_lock)
        {
            LaneOf(lane).Claimed--;
            _claimed--;
        }
    }

    /// <summary>Whether a claimed entry may run now. Otherwise it waits here, and <see cref="EndRun"/> gives it out.</summary>
    public bool TryBeginRun(Claim claim)
    {
        lock (_lock)
        {
            var lane = LaneOf(claim.Entry.Lane);
            if (lane.Running < limitOf(lane.Name))
            {
                lane.Running++;
                return true;
            }

            lane.Ahead.Enqueue(claim);
            return false;
        }
    }

    /// <summary>An entry of the lane does not run any more. Returns the one that runs in its place; null when there is none, or no place.</summary>
    public Claim? EndRun(string lane)
    {
        lock (_lock)
        {
            var found = LaneOf(lane);
            if (found.Running <= limitOf(lane) && found.Ahead.TryDequeue(out var next))
            {
                return next;
            }

            found.Running--;
            return null;
        }
    }

    /// <summary>Begins what was claimed ahead and may run now, because more of its lane may run at a time than before.</summary>
    public IReadOnlyList<Claim> BeginRuns()
    {
        lock (_lock)
        {
            List<Claim> begun = [];
            foreach (var lane in _lanes.Values)
            {
                while (lane.Ahead.Count > 0 && lane.Running < limitOf(lane.Name))
                {
                    lane.Running++;
                    begun.Add(lane.Ahead.Dequeue());
                }
            }

            return begun;
        }
    }

    /// <summary>Takes away what is claimed ahead in lanes of which nothing may run.</summary>
    public IReadOnlyList<Claim> TakeHeld()
    {
        lock (_lock)
        {
            List<Claim> held = [];
            foreach (var lane in _lanes.Values)
            {
                if (lane.Ahead.Count > 0 && limitOf(lane.Name) == 0)
                {
                    held.AddRange(lane.Ahead);
                    lane.Ahead.Clear();
                }
            }

            return held;
        }
    }

    /// <summary>Takes away everything that is claimed and does not run yet.</summary>
    public IReadOnlyList<Claim> TakeAhead()
    {
        lock (_lock)
        {
            List<Claim> ahead = [];
            foreach (var lane in _lanes.Values)
            {
                ahead.AddRange(lane.Ahead);
                lane.Ahead.Clear();
            }

            return ahead;
        }
    }

    /// <summary>An entry waits from now on.</summary>
    public void Queued(string lane, DateTimeOffset dueAt)
    {
        lock (_lock)
        {
            var found = LaneOf(lane);
            found.Waiting++;
            found.NextDueAt = Earlier(found.NextDueAt, dueAt);
            found.QueuedMeanwhile = Earlier(found.QueuedMeanwhile, dueAt);
        }
    }

    /// <summary>An entry does not wait any more without having been claimed.</summary>
    public void Removed(string lane)
    {
        lock (_lock)
        {
            LaneOf(lane).Waiting--;
        }
    }

    /// <summary>What the store says of a lane. When its first entry is due is only ever believed to be earlier: a claim finds out.</summary>
    public void Correct(string lane, long waiting, DateTimeOffset? nextDueAt)
    {
        lock (_lock)
        {
            var found = LaneOf(lane);
            found.Waiting = waiting;
            found.NextDueAt = Earlier(found.NextDueAt, nextDueAt);
            found.QueuedMeanwhile = Earlier(found.QueuedMeanwhile, nextDueAt);
        }
    }

    /// <summary>
    /// Chooses the lane that is to be claimed from next, and takes room for it: of those with something due and room, the one whose turn was longest ago. Null when there is none.
    /// </summary>
    public LaneClaim? BeginClaim(DateTimeOffset now)
    {
        lock (_lock)
        {
            Lane? chosen = null;
            if (_claimed < totalMax)
            {
                foreach (var lane in _lanes.Values)
                {
                    if (lane.NextDueAt <= now && !lane.IsClaiming && lane.Claimed < ClaimsOf(lane.Name) && (chosen is null || lane.Turn < chosen.Turn))
                    {
                        chosen = lane;
                    }
                }
            }

            if (chosen is null)
            {
                return null;
            }

            var count = Math.Min(Math.Min(ClaimMax, totalMax - _claimed), ClaimsOf(chosen.Name) - chosen.Claimed);
            chosen.IsClaiming = true;
            chosen.Turn = ++_turn;
            chosen.QueuedMeanwhile = null;
            chosen.Claimed += count;
            _claimed += count;
            return new LaneClaim(chosen.Name, count);
        }
    }

    /// <summary>The claim is over: it got <paramref name="got"/> entries, and the next one is due at <paramref name="nextDueAt"/>.</summary>
    public void EndClaim(LaneClaim claim, int got, DateTimeOffset? nextDueAt)
    {
        lock (_lock)
        {
            var lane = LaneOf(claim.Lane);
            lane.IsClaiming = false;
            lane.Claimed -= claim.Count - got;
            _claimed -= claim.Count - got;
            // What was queued while the claim was under way may or may not have been seen by it.
            lane.NextDueAt = Earlier(nextDueAt, lane.QueuedMeanwhile);
            lane.Waiting = lane.NextDueAt is null ? 0 : Math.Max(0, lane.Waiting - got);
            ForgetIfEmpty(lane);
        }
    }

    private void ForgetIfEmpty(Lane lane)
    {
        if (lane is { Claimed: 0, Running: 0, NextDueAt: null, Waiting: 0 })
        {
            _lanes.Remove(lane.Name);
        }
    }

    private int ClaimsOf(string lane)
    {
        var limit = limitOf(lane);
        return limit + Math.Min(limit, AheadMax);
    }

    private Lane LaneOf(string name)
    {
        if (!_lanes.TryGetValue(name, out var lane))
        {
            lane = new Lane(name);
            _lanes.Add(name, lane);
        }

        return lane;
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => other is null || one <= other ? one : other;

    private sealed class Lane(string name)
    {
        public string Name { get; } = name;

        public int Claimed { get; set; }

        public int Running { get; set; }

        public Queue<Claim> Ahead { get; } = new();

        public long Waiting { get; set; }

        public DateTimeOffset? NextDueAt { get; set; }

        /// <summary>The earliest that was queued since the claim under way began.</summary>
        public DateTimeOffset? QueuedMeanwhile { get; set; }

        public bool IsClaiming { get; set; }

        public long Turn { get; set; }
    }
}

/// <summary>Room taken for a claim.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Count">Entries that may be claimed.</param>
internal sealed record LaneClaim(string Lane, int Count);
