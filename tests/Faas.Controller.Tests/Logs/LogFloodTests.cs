using Faas.Contracts.Api;
using Faas.Controller.Logs;

namespace Faas.Controller.Tests.Logs;

public sealed class LogFloodTests
{
    private static readonly LogOptions Narrow = new() { LinesPerSecond = 100, BytesPerSecond = 100_000, BurstSeconds = 2 };

    [Fact]
    public async Task A_flood_is_cut_at_the_burst_and_told_in_lines_and_bytes()
    {
        await using var fixture = new LogsFixture(Narrow);
        for (var i = 0; i < 1000; i++)
        {
            fixture.Write("åß");   // two characters, four bytes
        }

        Assert.Equal(200, (await fixture.ReadAsync()).Count);
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        var told = (await fixture.ReadAsync())[200];
        Assert.Equal("780 lines (3,120 bytes) dropped: the function writes more than 100 lines or 100,000 bytes a second", told.Text);
        Assert.Equal((LogLine.Platform, LineLevel.Warn, fixture.Clock.GetUtcNow()), (told.Stream, told.Level, told.At));
    }

    [Fact]
    public async Task Few_long_lines_are_a_flood_too()
    {
        await using var fixture = new LogsFixture(Narrow);
        for (var i = 0; i < 100; i++)
        {
            fixture.Write(new string('x', 10_000));
        }

        Assert.Equal(20, (await fixture.ReadAsync()).Count);
    }

    [Fact]
    public async Task A_flood_that_goes_on_is_told_every_two_seconds_and_nothing_is_told_when_it_has_ended()
    {
        await using var fixture = new LogsFixture(Narrow);
        for (var tenth = 0; tenth < 100; tenth++)
        {
            for (var i = 0; i < 50; i++)
            {
                fixture.Write("x");
            }

            fixture.Clock.Advance(TimeSpan.FromSeconds(0.1));
        }

        fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        var lines = await fixture.ReadAsync();
        var told = lines.Where(line => line.Stream == LogLine.Platform).ToList();
        Assert.InRange(told.Count, 4, 5);
        Assert.Equal(5000, lines.Count - told.Count + told.Sum(line => int.Parse(line.Text.Split(' ')[0], System.Globalization.NumberStyles.AllowThousands, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.InRange(lines.Count - told.Count, 1180, 1200 + (5 * 20));
    }

    [Fact]
    public async Task The_last_lines_of_a_flood_are_kept_in_their_order()
    {
        await using var fixture = new LogsFixture(Narrow);
        for (var i = 1; i <= 1000; i++)
        {
            fixture.Write($"{i}");
        }

        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        var lines = await fixture.TextsAsync();
        Assert.Equal(Enumerable.Range(1, 200).Select(i => $"{i}"), lines[..200]);
        Assert.Equal(Enumerable.Range(981, 20).Select(i => $"{i}"), lines[201..]);
    }

    [Fact]
    public async Task The_last_words_on_stderr_are_kept_however_much_of_stdout_comes_after_them()
    {
        await using var fixture = new LogsFixture(Narrow);
        for (var i = 1; i <= 1000; i++)
        {
            fixture.Write($"{i}", stream: i == 900 ? "stderr" : "stdout");
        }

        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        var lines = await fixture.TextsAsync();
        Assert.Equal(["900", .. Enumerable.Range(981, 20).Select(i => $"{i}")], lines[201..]);
    }

    [Fact]
    public async Task The_last_words_on_stderr_are_kept_when_stdout_is_taken_again_after_them()
    {
        await using var fixture = new LogsFixture(Narrow);
        for (var i = 1; i <= 300; i++)
        {
            fixture.Write($"{i}", stream: i == 300 ? "stderr" : "stdout");
        }

        fixture.Clock.Advance(TimeSpan.FromSeconds(0.1));
        fixture.Write("301");
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("300", (await fixture.TextsAsync())[^1]);
    }

    [Fact]
    public async Task What_a_function_wrote_last_in_a_flood_comes_before_the_platforms_word_that_it_has_ended()
    {
        await using var fixture = new LogsFixture(Narrow);
        for (var i = 1; i <= 300; i++)
        {
            fixture.Write($"{i}");
        }

        fixture.Logs.Platform("f", "i", LineLevel.Error, "instance ended: it crashed");
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        var lines = await fixture.TextsAsync();
        Assert.StartsWith("80 lines (240 bytes) dropped", lines[200], StringComparison.Ordinal);
        Assert.Equal([.. Enumerable.Range(281, 20).Select(i => $"{i}"), "instance ended: it crashed"], lines[201..]);
    }

    [Fact]
    public async Task No_line_of_a_stream_comes_after_a_later_one()
    {
        await using var fixture = new LogsFixture(Narrow);
        for (var i = 1; i <= 300; i++)
        {
            fixture.Write($"{i}");
        }

        fixture.Clock.Advance(TimeSpan.FromSeconds(0.105));   // ten lines and a half
        for (var i = 301; i <= 315; i++)
        {
            fixture.Write($"{i}");
        }

        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        var lines = await fixture.TextsAsync();
        Assert.StartsWith("100 lines", lines[210], StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(1, 200).Concat(Enumerable.Range(301, 15)).Select(i => $"{i}"), lines.Where((_, at) => at != 210));
    }

    [Fact]
    public async Task Other_functions_and_the_platform_are_heard_during_a_flood()
    {
        await using var fixture = new LogsFixture(Narrow);
        for (var i = 0; i < 1000; i++)
        {
            fixture.Write("x");
        }

        fixture.Write("other", function: "g");
        fixture.Logs.Platform("f", "i", LineLevel.Error, "instance ended: it crashed");
        Assert.Equal("other", Assert.Single(await fixture.ReadAsync(function: "g")).Text);
        Assert.Equal("instance ended: it crashed", (await fixture.ReadAsync())[^1].Text);
    }

    [Fact]
    public async Task After_a_flood_lines_are_taken_again()
    {
        await using var fixture = new LogsFixture(Narrow);
        for (var i = 0; i < 1000; i++)
        {
            fixture.Write("x");
        }

        fixture.Clock.Advance(TimeSpan.FromSeconds(10));
        fixture.Write("quiet");
        Assert.Equal("quiet", (await fixture.TextsAsync())[^1]);
    }

    [Fact]
    public async Task What_was_dropped_is_told_before_the_controller_ends()
    {
        await using var fixture = new LogsFixture(Narrow);
        for (var i = 0; i < 300; i++)
        {
            fixture.Write("x");
        }

        await fixture.Logs.DisposeAsync();
        fixture.Restart();
        var lines = await fixture.TextsAsync();
        Assert.Equal(200 + 1 + 20, lines.Length);
        Assert.StartsWith("80 lines (80 bytes) dropped", lines[200], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_cut_and_says_so()
    {
        await using var fixture = new LogsFixture();
        fixture.Write(new string('x', 20_000));
        fixture.Write("x" + string.Concat(Enumerable.Repeat("😀", 10_000)));
        var lines = await fixture.TextsAsync();
        Assert.Equal(new string('x', 16 * 1024) + " [cut: 3,616 more characters]", lines[0]);
        Assert.EndsWith("😀 [cut: 3,618 more characters]", lines[1], StringComparison.Ordinal);
    }
}
