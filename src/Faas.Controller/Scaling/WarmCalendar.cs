using Cronos;
using Faas.Contracts.Functions;

namespace Faas.Controller.Scaling;

/// <summary>A function's warm windows: how many instances they ask for at a time. Answers from memory until the next window begins or ends.</summary>
internal sealed class WarmCalendar(IReadOnlyList<WarmWindow> windows)
{
    private int _instances;
    private DateTimeOffset _validFrom = DateTimeOffset.MaxValue;
    private DateTimeOffset _validTo = DateTimeOffset.MinValue;

    /// <summary>Most instances that any window which is open at <paramref name="now"/> asks for.</summary>
    public int InstancesAt(DateTimeOffset now)
    {
        if (now < _validFrom || now >= _validTo)
        {
            Work(now);
        }

        return _instances;
    }

    /// <summary>Why <paramref name="window"/> cannot be used; null when it can.</summary>
    public static string? ProblemOf(WarmWindow window)
    {
        try
        {
            _ = CronExpression.Parse(window.Cron);
            return null;
        }
        catch (CronFormatException e)
        {
            return $"'{window.Cron}' is not a cron expression: {e.Message}";
        }
    }

    private void Work(DateTimeOffset now)
    {
        _instances = 0;
        _validFrom = now;
        _validTo = now + TimeSpan.FromHours(1);   // nothing is worked out for longer, so that a changed clock is noticed
        foreach (var window in windows)
        {
            var cron = CronExpression.Parse(window.Cron);
            var zone = TimeZoneInfo.FindSystemTimeZoneById(window.TimeZone);
            // The window is open if it began within its own length before now. Occurrences are computed in the zone, so summer time is its zone's affair.
            foreach (var begin in cron.GetOccurrences(now - window.For, now, zone, fromInclusive: false, toInclusive: true))
            {
                _instances = Math.Max(_instances, window.Instances);
                _validTo = Earlier(_validTo, begin + window.For);
            }

            if (cron.GetNextOccurrence(now, zone) is { } next)
            {
                _validTo = Earlier(_validTo, next);
            }
        }
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
