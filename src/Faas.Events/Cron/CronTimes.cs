using Cronos;

namespace Faas.Events.Cron;

/// <summary>The moments of a cron expression in a zone. Cronos says which local times match; which moments those are is worked out here (see <see cref="WallClock"/>).</summary>
internal sealed class CronTimes(CronExpression expression, bool isInterval, WallClock clock)
{
    // Cronos looks no further than 2099.
    private static readonly DateTime Last = new(2099, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>The first moment after <paramref name="after"/>, which is in UTC and has whole seconds; null when there is none any more.</summary>
    public DateTime? Next(DateTime after)
    {
        if (after >= Last)
        {
            return null;
        }

        var shown = clock.Shown(after);
        if (clock.RepetitionAt(after) is not { } repetition)
        {
            return MomentOf(expression.GetNextOccurrence(shown));
        }

        var isFirstTime = after < repetition.Change;
        if (isFirstTime || isInterval)
        {
            // Within this showing of the repeated time: as far from its change as what is shown is.
            var next = expression.GetNextOccurrence(shown);
            if (next < repetition.ShownUntil)
            {
                return after + (next.Value - shown);
            }

            if (isFirstTime && isInterval && expression.GetNextOccurrence(repetition.ShownFrom, inclusive: true) is { } again && again < repetition.ShownUntil)
            {
                return repetition.Change + (again - repetition.ShownFrom);
            }
        }

        return MomentOf(expression.GetNextOccurrence(repetition.ShownUntil, inclusive: true));
    }

    private DateTime? MomentOf(DateTime? shown) => shown is { } time ? clock.MomentOf(time) : null;
}
