using Faas.Contracts.Functions;

namespace Faas.Events.Cron;

/// <summary>
/// Decides what a trigger does at a look. Pure: same arguments, same answer. It may be asked at any time, as often as one likes: every occurrence is dealt with once,
/// at the first look at which it is due.
/// </summary>
internal static class CronCursor
{
    /// <summary>Occurrences that wait for their turn: as many as can be caught up (1,000) and what a minute can add to them.</summary>
    public const int WaitingMax = 1_100;

    /// <summary>
    /// How late a firing may be without having been missed. A restart and a slow moment of the machine fit in; a caller who waited longer has found something else.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>What <paramref name="schedule"/>'s trigger does at <paramref name="look"/>, after <paramref name="state"/>, which is null for a new trigger.</summary>
    public static CronDecision Decide(CronSchedule schedule, CronState? state, CronLook look)
    {
        var before = state;
        if (state is null || state.Schedule != schedule.Key)
        {
            // New, or another schedule: from now on. What waits has come due before and keeps its turn. The clock may have been set back since.
            var from = state?.DecidedThrough > look.Now ? state.DecidedThrough : look.Now;
            state = (state ?? new CronState(schedule.Key, from)) with { Schedule = schedule.Key, DecidedThrough = from };
        }

        var due = DueOccurrences.Of(schedule, state.DecidedThrough, look.Now);
        if (look.IsPaused || state.IsPaused)
        {
            return Pause(state, look, due);
        }

        var isQuiet = due.Total == 0 && (state.Waiting.Count == 0 || (look.IsPreviousOpen && schedule.Spec.Overlap != OverlapPolicy.Allow));
        var decision = isQuiet ? new CronDecision([], default, state, due.NextAt) : Act(schedule, state, look, due);
        return decision with { ClockBehind = Behind(before, look.Now) };
    }

    private static CronDecision Act(CronSchedule schedule, CronState state, CronLook look, DueOccurrences due)
    {
        var line = state.Waiting.ToList();
        var (missed, punctual) = Split(schedule, due.Newest, look.Now);
        var madeUp = MadeUp(schedule.Spec, missed, punctual.Count);
        var catchUpSkips = due.Older + missed.Count - madeUp.Count;

        List<DateTimeOffset> fired;
        var overlapSkips = 0;
        switch (schedule.Spec.Overlap)
        {
            case OverlapPolicy.Allow:
                fired = [.. line, .. madeUp, .. punctual];
                line = [];
                break;
            case OverlapPolicy.Queue:
                line.AddRange([.. madeUp, .. punctual]);
                overlapSkips = Math.Max(0, line.Count - WaitingMax);
                line.RemoveRange(0, overlapSkips);
                fired = TakeTurn(line, look.IsPreviousOpen);
                break;
            default:
                // All of the missed ones shall run, if not at their time; the last one stands for a firing at this time.
                List<DateTimeOffset> atOnce = schedule.Spec.CatchUp == CatchUpPolicy.All ? punctual : [.. madeUp, .. punctual];
                line.AddRange(schedule.Spec.CatchUp == CatchUpPolicy.All ? madeUp : []);
                overlapSkips = Math.Max(0, line.Count - WaitingMax);
                line.RemoveRange(0, overlapSkips);
                var isFree = line.Count == 0 && !look.IsPreviousOpen;
                fired = isFree ? [.. atOnce.Take(1)] : TakeTurn(line, look.IsPreviousOpen);
                overlapSkips += atOnce.Count - (isFree ? fired.Count : 0);
                break;
        }

        var next = state with
        {
            DecidedThrough = due.Newest.Count > 0 ? due.Newest[^1] : state.DecidedThrough,
            Waiting = line,
            LastFired = fired.Count > 0 ? fired[^1] : state.LastFired,
        };
        return new CronDecision(
            [.. fired.Select(occurrence => CronFiring.Of(schedule, occurrence))],
            new CronSkips(overlapSkips, catchUpSkips, 0, due.IsAtLeast),
            next,
            due.NextAt);
    }

    // What came due while the trigger was paused, and what still waited then, is gone. On resumption it is decided by what the state says of the time before.
    private static CronDecision Pause(CronState state, CronLook look, DueOccurrences due)
    {
        var skips = new CronSkips(0, 0, due.Total + state.Waiting.Count, due.IsAtLeast);
        var next = skips.Total == 0 && state.IsPaused == look.IsPaused
            ? state
            : state with { DecidedThrough = due.Newest.Count > 0 ? due.Newest[^1] : state.DecidedThrough, Waiting = [], IsPaused = look.IsPaused };
        return new CronDecision([], skips, next, look.IsPaused ? null : due.NextAt) { ClockBehind = Behind(state, look.Now) };
    }

    private static (List<DateTimeOffset> Missed, List<DateTimeOffset> Punctual) Split(CronSchedule schedule, IReadOnlyList<DateTimeOffset> due, DateTimeOffset now)
    {
        var first = due.Count;
        while (first > 0 && schedule.FireAt(due[first - 1]) >= now - Grace)
        {
            first--;
        }

        return ([.. due.Take(first)], [.. due.Skip(first)]);
    }

    private static List<DateTimeOffset> MadeUp(CronSpec spec, List<DateTimeOffset> missed, int punctual) => spec.CatchUp switch
    {
        CatchUpPolicy.All => [.. missed.TakeLast(spec.CatchUpMax)],
        CatchUpPolicy.Last when punctual == 0 => [.. missed.TakeLast(1)],
        _ => [],
    };

    private static List<DateTimeOffset> TakeTurn(List<DateTimeOffset> line, bool isPreviousOpen)
    {
        if (isPreviousOpen || line.Count == 0)
        {
            return [];
        }

        var first = line[0];
        line.RemoveAt(0);
        return [first];
    }

    private static TimeSpan Behind(CronState? state, DateTimeOffset now) => state?.DecidedThrough > now ? state.DecidedThrough - now : TimeSpan.Zero;
}
