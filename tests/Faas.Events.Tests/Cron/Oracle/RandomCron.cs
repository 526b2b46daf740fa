using System.Globalization;
using System.Numerics;

namespace Faas.Events.Tests.Cron.Oracle;

/// <summary>A cron expression drawn at random, as text for the platform and as bits for the oracle; both are made from the same draw, and neither from the other.</summary>
internal sealed class RandomCron
{
    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] Weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    private readonly Random _random;

    /// <param name="random">Where it is drawn from.</param>
    public RandomCron(Random random)
    {
        _random = random;
        var hasSeconds = random.Next(8) == 0;
        var second = hasSeconds ? Values(0, 59, 3) : new Field("", 1, false);
        // Most are about the hours in which clocks are changed: at random, one in hundreds would be.
        var minute = random.Next(12) == 0 ? Star() : Field(0, 59, 4);
        var hour = random.Next(5) switch { 0 or 1 => Star(), 2 or 3 => Values(0, 3, 2), _ => Field(0, 23, 3) };
        var day = random.Next(4) == 0 ? Field(1, 31, 3) : Star();
        var month = random.Next(5) == 0 ? Named(Field(1, 12, 4), Months, 1) : Star();
        var weekday = random.Next(4) == 0 ? Named(Field(0, 6, 3), Weekdays, 0) : Star();

        Text = string.Join(' ', new[] { second.Text, minute.Text, hour.Text, day.Text, month.Text, weekday.Text }.Where(part => part.Length > 0));
        Seconds = [.. Enumerable.Range(0, 60).Where(value => (second.Bits >> value & 1) != 0)];
        IsInterval = second.IsInterval || minute.IsInterval || hour.IsInterval;
        (Minute, Hour, Day, Month, Weekday) = (minute.Bits, (uint)hour.Bits, (uint)day.Bits, (ushort)month.Bits, (byte)weekday.Bits);
    }

    public string Text { get; }

    /// <summary>Firings of a day on which it fires.</summary>
    public int PerDay => Seconds.Length * BitOperations.PopCount(Minute & (1UL << 60) - 1) * BitOperations.PopCount(Hour & (1U << 24) - 1);

    /// <summary>Seconds of a matching minute at which it fires.</summary>
    public int[] Seconds { get; }

    /// <summary>Whether the time of day is said by a star, a range or a step: then it goes on through the hour that comes twice.</summary>
    public bool IsInterval { get; }

    public ulong Minute { get; }

    public uint Hour { get; }

    public uint Day { get; }

    public ushort Month { get; }

    public byte Weekday { get; }

    public bool Matches(in Face face) =>
        (face.Hour & Hour) != 0 && (face.Minute & Minute) != 0 && (face.Day & Day) != 0 && (face.Weekday & Weekday) != 0 && (face.Month & Month) != 0;

    private static Field Star() => new("*", ~0UL, true);

    private Field Field(int first, int last, int valuesMax) => _random.Next(5) switch
    {
        0 => Steps(first, last),
        1 => Range(first, last),
        _ => Values(first, last, valuesMax),
    };

    private Field Values(int first, int last, int valuesMax)
    {
        var values = Enumerable.Range(0, _random.Next(1, valuesMax + 1)).Select(_ => _random.Next(first, last + 1)).Distinct().ToList();
        return new Field(string.Join(',', values), Bits(values), false);
    }

    private Field Range(int first, int last)
    {
        var from = _random.Next(first, last);
        var to = _random.Next(from + 1, last + 1);
        var step = _random.Next(2) == 0 ? 1 : _random.Next(2, 8);
        var values = Enumerable.Range(from, to - from + 1).Where(value => (value - from) % step == 0);
        return new Field(Invariant($"{from}-{to}") + (step == 1 ? "" : Invariant($"/{step}")), Bits(values), true);
    }

    private Field Steps(int first, int last)
    {
        var step = _random.Next(2, Math.Min(30, last - first));
        return new Field(Invariant($"*/{step}"), Bits(Enumerable.Range(first, last - first + 1).Where(value => (value - first) % step == 0)), true);
    }

    // Sometimes a single value by its name; the bits stay.
    private Field Named(Field field, string[] names, int first) =>
        int.TryParse(field.Text, CultureInfo.InvariantCulture, out var value) && _random.Next(2) == 0 ? field with { Text = names[value - first] } : field;

    private static ulong Bits(IEnumerable<int> values) => values.Aggregate(0UL, (bits, value) => bits | 1UL << value);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

/// <summary>One field of a <see cref="RandomCron"/>.</summary>
internal sealed record Field(string Text, ulong Bits, bool IsInterval);
