using Faas.Controller.Logs;
using Microsoft.Extensions.Logging.Abstractions;

namespace Faas.Controller.Tests.Logs;

/// <summary>What the logs of all functions may have on the disk together.</summary>
public sealed class LogRoomTests
{
    private const int MiB = 1024 * 1024;

    private static readonly LogOptions Small = new() { BytesMax = MiB, TotalBytesMax = 2 * MiB, BytesPerSecond = 1024 * MiB };
    private static readonly string Text = new('x', 10_000);

    private static CancellationToken Ct => LogsFixture.Ct;

    [Fact]
    public async Task The_largest_give_their_oldest_lines_and_who_writes_little_keeps_everything()
    {
        await using var fixture = new LogsFixture(Small);
        fixture.Write("all that it ever said", function: "quiet");
        foreach (var name in (string[])["one", "two", "three"])
        {
            await WriteAsync(fixture, name, 90);
        }

        Assert.True(await fixture.Logs.Over.WaitToReadAsync(Ct));
        await fixture.Logs.FitAsync(Ct);
        Assert.InRange(Bytes(fixture), MiB, 2 * MiB * 7 / 8);
        Assert.Equal("all that it ever said", Assert.Single(await fixture.ReadAsync(function: "quiet")).Text);
        foreach (var name in (string[])["one", "two", "three"])
        {
            var kept = await fixture.ReadAsync(function: name);
            Assert.InRange(kept.Count, 40, 60);   // a third of what there is, but for a part of an eighth
            Assert.Equal(Enumerable.Range(90 - kept.Count, kept.Count), kept.Select(NumberOf));
        }
    }

    [Fact]
    public async Task Where_each_has_one_part_only_those_go_that_have_been_silent_longest()
    {
        await using var fixture = new LogsFixture(Small);
        for (var i = 0; i < 30; i++)
        {
            await WriteAsync(fixture, $"f{i}", 10);
            fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        await fixture.Logs.FitAsync(Ct);
        Assert.InRange(Bytes(fixture), MiB, 2 * MiB * 7 / 8);
        var there = new List<bool>();
        for (var i = 0; i < 30; i++)
        {
            there.Add((await fixture.ReadAsync(function: $"f{i}")).Count == 10);
        }

        Assert.Equal(there.Order(), there);   // none, none, ... ten, ten
        Assert.True(there[^1]);
    }

    [Fact]
    public async Task Nothing_is_removed_while_all_fit()
    {
        await using var fixture = new LogsFixture(Small);
        await WriteAsync(fixture, "one", 60);
        await WriteAsync(fixture, "two", 60);
        Assert.False(fixture.Logs.Over.TryRead(out _));
        await fixture.Logs.FitAsync(Ct);
        Assert.Equal((60, 60), ((await fixture.ReadAsync(function: "one")).Count, (await fixture.ReadAsync(function: "two")).Count));
    }

    [Fact]
    public async Task What_an_earlier_start_left_counts_and_what_is_deleted_no_more()
    {
        await using var fixture = new LogsFixture(Small);
        await WriteAsync(fixture, "one", 90);
        await WriteAsync(fixture, "two", 90);
        fixture.Restart();
        await fixture.Logs.PruneAsync(Ct);
        await fixture.Logs.DeleteAsync("two");
        await WriteAsync(fixture, "three", 90);
        Assert.False(fixture.Logs.Over.TryRead(out _));
        await WriteAsync(fixture, "four", 90);
        Assert.True(fixture.Logs.Over.TryRead(out _));
    }

    [Fact]
    public async Task A_log_that_was_emptied_goes_on()
    {
        await using var fixture = new LogsFixture(Small);
        fixture.Write("before");
        await fixture.ReadAsync();
        await fixture.Log.ShrinkAsync(0, Ct);
        Assert.Empty(await fixture.TextsAsync());
        fixture.Write("after");
        Assert.Equal(["after"], await fixture.TextsAsync());
    }

    [Fact]
    public async Task The_controller_makes_room_by_itself()
    {
        await using var fixture = new LogsFixture(Small);
        using var retention = new LogRetention(fixture.Logs, fixture.Clock, NullLogger<LogRetention>.Instance);
        await retention.StartAsync(Ct);
        foreach (var name in (string[])["one", "two", "three"])
        {
            await WriteAsync(fixture, name, 90);
        }

        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (Bytes(fixture) > 2 * MiB * 7 / 8)   // until the test run's own limit
        {
            await timer.WaitForNextTickAsync(Ct);
            fixture.Clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        await retention.StopAsync(Ct);
    }

    [Theory]
    [InlineData(new long[] { }, long.MaxValue)]
    [InlineData(new long[] { 10, 20, 30 }, long.MaxValue)]
    [InlineData(new long[] { 10, 200 << 20, 300 << 20 }, (((long)56 << 20) - 10) / 2)]
    [InlineData(new long[] { 100 << 20, 100 << 20, 100 << 20, 100 << 20 }, (long)14 << 20)]
    public void A_share_is_what_the_small_ones_leave(long[] bytes, long share) =>
        Assert.Equal(share, new LogRoom(new LogOptions { TotalBytesMax = 64 * MiB }).ShareOf(bytes));

    private static async Task WriteAsync(LogsFixture fixture, string function, int lines)
    {
        for (var i = 0; i < lines; i++)
        {
            fixture.Write($"{i} {Text}", function: function);
        }

        await fixture.ReadAsync(count: 1, function: function);
    }

    private static int NumberOf(Faas.Contracts.Api.LogLine line) => int.Parse(line.Text.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static long Bytes(LogsFixture fixture) => new DirectoryInfo(fixture.Root).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Exists ? file.Length : 0);
}
