using Faas.Controller.Logs;

namespace Faas.Controller.Tests.Logs;

public sealed class LogRetentionTests
{
    private const int MiB = 1024 * 1024;

    private static CancellationToken Ct => LogsFixture.Ct;

    [Fact]
    public async Task A_log_never_has_more_bytes_than_it_may_and_keeps_the_newest_lines()
    {
        await using var fixture = new LogsFixture(new LogOptions { BytesMax = MiB, BytesPerSecond = 1024 * MiB });
        var text = new string('"', 10_000);
        for (var i = 0; i < 500; i++)
        {
            fixture.Write($"{i} {text}");
            if (i % 20 == 0)
            {
                await fixture.ReadAsync(count: 1);
                Assert.InRange(fixture.Segments.Sum(file => file.Length), 1, MiB);
            }
        }

        var lines = await fixture.TextsAsync();
        Assert.InRange(fixture.Segments.Sum(file => file.Length), MiB * 3 / 4, MiB);
        Assert.Equal(Enumerable.Range(500 - lines.Length, lines.Length), lines.Select(line => int.Parse(line.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Lines_older_than_their_retention_are_removed_and_none_before()
    {
        await using var fixture = new LogsFixture(new LogOptions { RetainDays = 8 });
        for (var day = 0; day < 20; day++)
        {
            fixture.Write($"day {day}");
            await fixture.ReadAsync(count: 1);
            fixture.Clock.Advance(TimeSpan.FromDays(1));
        }

        await fixture.Logs.PruneAsync(Ct);
        var kept = await fixture.TextsAsync();
        Assert.Equal(Enumerable.Range(20 - kept.Length, kept.Length).Select(day => $"day {day}"), kept);
        Assert.InRange(kept.Length, 8, 9);
    }

    [Fact]
    public async Task The_last_lines_of_a_function_that_fell_silent_go_too_also_after_a_restart()
    {
        await using var fixture = new LogsFixture();
        fixture.Write("last words");
        await fixture.ReadAsync();
        fixture.Restart();
        fixture.Clock.Advance(fixture.Options.Retention);
        await fixture.Logs.PruneAsync(Ct);
        Assert.Equal(["last words"], await fixture.TextsAsync());
        fixture.Clock.Advance(fixture.Options.Retention / 8);
        await fixture.Logs.PruneAsync(Ct);
        Assert.Empty(await fixture.TextsAsync());
        Assert.Empty(fixture.Segments);
    }

    [Fact]
    public async Task Since_leaves_out_segments_that_are_wholly_older()
    {
        await using var fixture = new LogsFixture(new LogOptions { RetainDays = 8 });
        fixture.Write("old");
        await fixture.ReadAsync();
        fixture.Clock.Advance(TimeSpan.FromDays(2));
        var begun = fixture.Clock.GetUtcNow();
        fixture.Write("new");
        await fixture.ReadAsync();
        Assert.Equal(2, fixture.Segments.Length);

        // A line that would match, put where no reader may look, shows that nobody does.
        var hidden = (await File.ReadAllTextAsync(fixture.Segments[1].FullName, Ct)).Replace("new", "hid", StringComparison.Ordinal);
        var length = fixture.Segments[0].Length;
        await File.WriteAllTextAsync(fixture.Segments[0].FullName, hidden[..(int)Math.Min(hidden.Length, length)], Ct);
        Assert.Equal(["new"], await fixture.TextsAsync(new LogFilter { Since = begun }));
        Assert.Equal(["hid", "new"], await fixture.TextsAsync(new LogFilter { Since = begun - TimeSpan.FromTicks(1) }));
    }

    [Fact]
    public async Task A_clock_that_goes_back_hides_and_removes_nothing()
    {
        await using var fixture = new LogsFixture(new LogOptions { BytesMax = MiB });
        var text = new string('x', 10_000);
        for (var hour = 0; hour < 4; hour++)
        {
            for (var i = 0; i < 15; i++)
            {
                fixture.Write($"{hour} {i} {text}");
            }

            await fixture.ReadAsync(count: 1);
            fixture.Clock.AdjustTime(fixture.Clock.GetUtcNow() - TimeSpan.FromHours(1));
        }

        Assert.Equal(60, (await fixture.TextsAsync()).Length);
        Assert.Equal(60, (await fixture.TextsAsync(new LogFilter { Since = LogsFixture.Noon - TimeSpan.FromHours(3) })).Length);
        Assert.Equal(15, (await fixture.TextsAsync(new LogFilter { Since = LogsFixture.Noon })).Length);
    }
}
