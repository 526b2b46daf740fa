using System.Globalization;
using Faas.Cli.CommandLine;
using Faas.Cli.Invoking;
using Faas.Cli.Output;

namespace Faas.Cli.Tests;

/// <summary>What <c>--at</c> takes, and how long it is until then.</summary>
public sealed class DueTimeTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData("18:30", "2030-01-31T17:30:00Z")]               // today in Berlin
    [InlineData("9:05", "2030-02-01T08:05:00Z")]                // has passed today
    [InlineData("13:00", "2030-02-01T12:00:00Z")]               // this very moment is not one to come
    [InlineData("13:00:01", "2030-01-31T12:00:01Z")]
    [InlineData("2030-01-31T18:30", "2030-01-31T17:30:00Z")]    // local when it names no zone
    [InlineData("2030-01-31 18:30:15", "2030-01-31T17:30:15Z")]
    [InlineData("2030-02-01", "2030-01-31T23:00:00Z")]
    [InlineData("2030-01-31T18:30Z", "2030-01-31T18:30:00Z")]
    [InlineData("2030-01-31T18:30:00.5Z", "2030-01-31T18:30:00.5Z")]
    [InlineData("2030-01-31T18:30:00+05:30", "2030-01-31T13:00:00Z")]
    [InlineData("2030-07-01T12:00", "2030-07-01T10:00:00Z")]    // summer time there, winter here
    public void A_time_to_come_is_a_delay(string text, string due)
    {
        var now = At("2030-01-31T12:00:00Z");
        Assert.Equal(At(due), now + DueTime.DelayUntil(text, now, Berlin));
    }

    [Fact]
    public void A_time_that_clocks_skip_comes_all_the_same()
    {
        var now = At("2030-03-30T22:00:00Z");   // an hour and a half before 2:30, which there is not
        Assert.Equal(At("2030-03-31T01:30:00Z"), now + DueTime.DelayUntil("2:30", now, Berlin));
    }

    [Theory]
    [InlineData("2030-01-31T12:59", "has passed")]
    [InlineData("2020-01-01", "has passed")]
    [InlineData("2090-01-01", "more than ten years away")]
    [InlineData("tomorrow", "is no time for --at; write it like 18:30")]
    [InlineData("25:00", "is no time for --at")]
    [InlineData("", "is no time for --at")]
    public void Anything_else_is_wrong_usage(string text, string message)
    {
        var error = Assert.Throws<CliException>(() => DueTime.DelayUntil(text, At("2030-01-31T12:00:00Z"), Berlin));
        Assert.Equal(ExitCode.Usage, error.ExitCode);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(30, "30s")]
    [InlineData(5400, "5400s")]
    [InlineData(1.5, "1500ms")]
    [InlineData(0.0001, "1ms")]
    public void A_delay_is_written_in_one_unit(double seconds, string written) =>
        Assert.Equal(written, Assert.Single(new AsyncOrder(false, TimeSpan.FromSeconds(seconds), null, null, false).Headers).Value);

    [Theory]
    [InlineData(-1, "now")]
    [InlineData(0.2, "in 1 s")]
    [InlineData(30, "in 30 s")]
    [InlineData(150, "in 2 min")]
    [InlineData(7300, "in 2 h")]
    [InlineData(200_000, "in 2 days")]
    public void What_is_to_come_has_one_unit(double seconds, string expected) => Assert.Equal(expected, Text.Until(TimeSpan.FromSeconds(seconds)));

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
