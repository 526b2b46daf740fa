using System.Diagnostics.CodeAnalysis;
using Faas.Contracts.Functions;
using Faas.Events.Cron;

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
    public static string? ProblemOf(WarmWindow window) => TryParse(window, out _, out var problem) ? null : problem;

    private void Work(DateTimeOffset now)
    {
        _instances = 0;
        _validFrom = now;
        _validTo = now + TimeSpan.FromHours(1);   // nothing is worked out for longer, so that a changed clock is noticed
        foreach (var window in windows)
        {
            if (!TryParse(window, out var schedule, out _))
            {
                continue;   // never opens; deployments refuse it, but for those of versions before that
            }

            // The window is open if it began within its own length before now. Occurrences are moments of its zone's clock, so summer time is its zone's affair.
            foreach (var begin in schedule.Between(now - window.For, now))
            {
                _instances = Math.Max(_instances, window.Instances);
                _validTo = Earlier(_validTo, begin + window.For);
            }

            if (schedule.Next(now) is { } next)
            {
                _validTo = Earlier(_validTo, next);
            }
        }
    }

    // Not Cronos' own occurrences: after a change of the clock they can be the same moment for ever.
    private static bool TryParse(WarmWindow window, [NotNullWhen(true)] out CronSchedule? schedule, [NotNullWhen(false)] out string? problem) =>
        CronSchedule.TryParse("warm", new CronSpec { Schedule = window.Cron, TimeZone = window.TimeZone }, out schedule, out problem);

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
