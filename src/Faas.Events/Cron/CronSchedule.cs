using System.Diagnostics.CodeAnalysis;
using Cronos;
using Faas.Contracts.Functions;

namespace Faas.Events.Cron;

/// <summary>A trigger's schedule, parsed once: the moments at which it fires. Immutable; the same trigger and spec give the same moments on every machine and after every restart.</summary>
internal sealed class CronSchedule
{
    private static readonly string[] Macros = ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"];
    private static readonly DateTime SomeTime = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly CronTimes? _times;
    private readonly FixedInterval? _interval;

    private CronSchedule(string triggerId, CronSpec spec, CronTimes? times, FixedInterval? interval)
    {
        TriggerId = triggerId;
        Spec = spec;
        _times = times;
        _interval = interval;
    }

    /// <summary>The trigger that it belongs to, unique on the platform and never changed.</summary>
    public string TriggerId { get; }

    /// <summary>What it was parsed from.</summary>
    public CronSpec Spec { get; }

    /// <summary>Tells this schedule from another one: when it changes, what was missed of the old one is not made up for. Spaces and capitals do not matter.</summary>
    public string Key => $"{string.Join(' ', Fields(Spec.Schedule)).ToUpperInvariant()} in {Spec.TimeZone}";

    /// <summary>Parses what the user wrote; false with a sentence for the user when it cannot be used.</summary>
    public static bool TryParse(string triggerId, CronSpec spec, [NotNullWhen(true)] out CronSchedule? schedule, [NotNullWhen(false)] out string? problem)
    {
        schedule = null;
        problem = ShapeProblemOf(spec);
        if (problem is not null)
        {
            return false;
        }

        var text = spec.Schedule.Trim();
        if (FixedInterval.IsMeant(text))
        {
            if (FixedInterval.SecondsOf(text) is not { } seconds)
            {
                problem = $"'{text}' is not an interval; write one from 1s to 366d, like '@every 90s', '@every 5m' or '@every 1h30m'";
                return false;
            }

            var phase = (long)(StableHash.Of(triggerId, seconds) % (ulong)seconds);
            schedule = new CronSchedule(triggerId, spec, null, new FixedInterval(seconds, phase));
            return true;
        }

        if (!TryParse(text, out var expression, out problem))
        {
            return false;
        }

        var clock = new WallClock(TimeZoneInfo.FindSystemTimeZoneById(spec.TimeZone));
        schedule = new CronSchedule(triggerId, spec, new CronTimes(expression, IsInterval(text), clock), null);
        return true;
    }

    /// <summary>The first occurrence after <paramref name="after"/>, in UTC and whole seconds; null when there is none any more.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        var seconds = Seconds(after);
        if (_interval is not null)
        {
            return DateTimeOffset.FromUnixTimeSeconds(_interval.Next(seconds));
        }

        return _times!.Next(DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime) is { } next ? new DateTimeOffset(next, TimeSpan.Zero) : null;
    }

    /// <summary>The occurrences after <paramref name="after"/> and not after <paramref name="through"/>, in order.</summary>
    public IEnumerable<DateTimeOffset> Between(DateTimeOffset after, DateTimeOffset through)
    {
        for (var next = Next(after); next <= through; next = Next(next.Value))
        {
            yield return next.Value;
        }
    }

    /// <summary>How many occurrences <see cref="Between"/> has, but counted only to <paramref name="max"/> where they cannot be calculated.</summary>
    public (long Count, bool IsAtLeast) Count(DateTimeOffset after, DateTimeOffset through, int max)
    {
        if (_interval is not null)
        {
            return (_interval.Count(Seconds(after), Seconds(through)), false);
        }

        var count = Between(after, through).Take(max + 1).Count();
        return (Math.Min(count, max), count > max);
    }

    /// <summary>
    /// When the firing of <paramref name="occurrence"/> begins: then, or later by its part of the jitter. It is earlier than the next occurrence, so that jitter neither
    /// changes the order of firings nor makes them overlap.
    /// </summary>
    public DateTimeOffset FireAt(DateTimeOffset occurrence)
    {
        if (Spec.Jitter <= TimeSpan.Zero)
        {
            return occurrence;
        }

        var room = Next(occurrence) is { } next && next - occurrence < Spec.Jitter ? next - occurrence : Spec.Jitter;
        var milliseconds = (ulong)Math.Max(1, (long)room.TotalMilliseconds);
        return occurrence.AddMilliseconds(StableHash.Of(TriggerId, occurrence.ToUnixTimeSeconds()) % milliseconds);
    }

    private static string? ShapeProblemOf(CronSpec spec)
    {
        string? problem = null;
        CronSpecRules.Check(spec, "", (holds, _, sentence) => problem ??= holds ? null : sentence);
        return problem;
    }

    private static bool TryParse(string text, [NotNullWhen(true)] out CronExpression? expression, [NotNullWhen(false)] out string? problem)
    {
        expression = null;
        problem = null;
        if (text[0] == '@' && !Macros.Contains(text, StringComparer.OrdinalIgnoreCase))
        {
            problem = $"'{text}' is not a schedule; those with @ are {string.Join(", ", Macros)} and '@every 5m'";
            return false;
        }

        try
        {
            expression = CronExpression.Parse(text, text[0] != '@' && Fields(text).Length == 6 ? CronFormat.IncludeSeconds : CronFormat.Standard);
            problem = expression.GetNextOccurrence(SomeTime) is null ? $"'{text}' never comes: there is no such day" : null;
        }
        catch (CronFormatException e)
        {
            problem = $"'{text}' is not a cron expression: {e.Message}";
        }
        catch (MissingSeedException)
        {
            problem = $"'{text}' has an H, which is not supported; use 'jitter' to spread firings";
        }

        return expression is not null && problem is null;
    }

    // Whether the time of day is said by a star, a range or a step: Cronos' own distinction, which it does not tell. Macros name their times, except hourly.
    private static bool IsInterval(string text)
    {
        if (text[0] == '@')
        {
            return text.Equals("@hourly", StringComparison.OrdinalIgnoreCase);
        }

        var fields = Fields(text);
        return fields.Take(fields.Length - 3).Any(field => field.AsSpan().IndexOfAny("*?-/") >= 0);
    }

    private static string[] Fields(string text) => text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);

    // No clock was right before 1970; an empty state must not lead to the year 0.
    private static long Seconds(DateTimeOffset time) => Math.Max(0, time.ToUnixTimeSeconds());
}
