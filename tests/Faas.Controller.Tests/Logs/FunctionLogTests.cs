using Faas.Contracts.Api;
using Faas.Controller.Logs;

namespace Faas.Controller.Tests.Logs;

public sealed class FunctionLogTests
{
    private static CancellationToken Ct => LogsFixture.Ct;

    [Fact]
    public async Task The_tail_has_the_newest_lines_oldest_first()
    {
        await using var fixture = new LogsFixture();
        for (var i = 0; i < 10; i++)
        {
            fixture.Write($"line {i}");
        }

        Assert.Equal(["line 7", "line 8", "line 9"], await fixture.TextsAsync(count: 3));
        Assert.Empty(await fixture.TextsAsync(count: 0));
    }

    [Fact]
    public async Task Lines_of_one_invocation_can_be_asked_for()
    {
        await using var fixture = new LogsFixture();
        fixture.Write("mine", invocation: "a");
        fixture.Write("other, which names \"a\"", invocation: "b");
        fixture.Write("mine too", invocation: "a");
        fixture.Write("odd", invocation: "a\"/<ü>");
        Assert.Equal(["mine", "mine too"], await fixture.TextsAsync(new LogFilter { InvocationId = "a" }));
        Assert.Equal(["odd"], await fixture.TextsAsync(new LogFilter { InvocationId = "a\"/<ü>" }));
    }

    [Fact]
    public async Task Lines_survive_a_restart_and_a_kill()
    {
        await using var fixture = new LogsFixture();
        fixture.Write("before");
        await fixture.ReadAsync();
        fixture.Restart();   // as after kill -9: the first one has closed nothing
        fixture.Write("after");
        Assert.Equal(["before", "after"], await fixture.TextsAsync());
    }

    [Fact]
    public async Task A_line_cut_off_by_a_crash_is_skipped_and_what_comes_after_it_is_whole()
    {
        await using var fixture = new LogsFixture();
        fixture.Write("whole");
        await fixture.ReadAsync();
        await File.AppendAllTextAsync(fixture.Segments[^1].FullName, "{\"at\":\"2026-", Ct);
        fixture.Restart();
        Assert.Equal(["whole"], await fixture.TextsAsync());
        fixture.Write("next");
        Assert.Equal(["whole", "next"], await fixture.TextsAsync());
    }

    [Fact]
    public async Task A_follower_gets_exactly_what_comes_after_what_it_has_read()
    {
        await using var fixture = new LogsFixture();
        fixture.Write("before");
        var follower = new LogFollower();
        var read = await LogReader.ReadAsync(await fixture.Log.SnapshotAsync(follower, Ct), new LogFilter(), 10, fixture.Clock, Ct);
        Assert.Equal(["before"], read.Select(line => line.Text));
        fixture.Write("the same");
        fixture.Write("the same");
        Assert.Equal("the same", (await follower.Lines.ReadAsync(Ct)).Text);
        Assert.Equal("the same", (await follower.Lines.ReadAsync(Ct)).Text);
        fixture.Log.Leave(follower);
        fixture.Write("not followed");
        await fixture.ReadAsync();
        Assert.False(follower.Lines.TryRead(out _));
    }

    [Fact]
    public async Task A_slow_follower_loses_the_oldest_lines_and_knows_how_many()
    {
        await using var fixture = new LogsFixture();
        var follower = new LogFollower();
        await fixture.Log.SnapshotAsync(follower, Ct);
        for (var i = 0; i < 5000; i++)
        {
            fixture.Write($"line {i}");
        }

        await fixture.ReadAsync();
        var lost = follower.TakeLost();
        Assert.True(follower.Lines.TryRead(out var first));
        Assert.Equal((904, "line 904"), (lost, first.Text));
    }

    [Fact]
    public async Task A_deleted_function_leaves_nothing_also_when_its_log_was_written_before_a_restart()
    {
        await using var fixture = new LogsFixture();
        fixture.Write("old");
        await fixture.ReadAsync();
        fixture.Restart();
        await fixture.Logs.DeleteAsync("f");
        Assert.Empty(Directory.GetFileSystemEntries(fixture.Root));
        fixture.Write("anew");
        Assert.Equal(["anew"], await fixture.TextsAsync());
    }

    [Fact]
    public async Task Logs_of_an_earlier_version_are_read()
    {
        var root = Directory.CreateTempSubdirectory("faas-logs-").FullName;
        await File.WriteAllTextAsync(Path.Combine(root, "f.ns.ndjson.1"), "{\"at\":\"2026-11-30T10:00:00+00:00\",\"instance\":\"i\",\"stream\":\"stdout\",\"text\":\"first\"}\n", Ct);
        await File.WriteAllTextAsync(Path.Combine(root, "f.ns.ndjson"), "{\"at\":\"2026-11-30T11:00:00+00:00\",\"instance\":\"i\",\"stream\":\"stdout\",\"text\":\"second\"}\n", Ct);
        await using (var logs = new FunctionLogs(root, new LogOptions(), TimeProvider.System))
        {
            var lines = await LogReader.ReadAsync(await logs.Of("f.ns").SnapshotAsync(null, Ct), new LogFilter(), 10, TimeProvider.System, Ct);
            Assert.Equal(["first", "second"], lines.Select(line => line.Text));
            Assert.Empty(Directory.GetFiles(root));
        }

        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task Half_a_character_and_control_characters_do_no_harm()
    {
        await using var fixture = new LogsFixture();
        fixture.Write("half \ud83d");
        fixture.Write("\0\u001b\u2028\"\\");
        fixture.Write("after");
        Assert.Equal(["half \ufffd", "\0\u001b\u2028\"\\", "after"], await fixture.TextsAsync());
    }

    [Fact]
    public async Task A_function_named_like_a_log_of_the_platform_has_its_own()
    {
        var root = Directory.CreateTempSubdirectory("faas-logs-").FullName;
        await File.WriteAllTextAsync(Path.Combine(root, "controller.log"), "the controller's", Ct);
        await using (var logs = new FunctionLogs(root, new LogOptions(), TimeProvider.System))
        {
            logs.Append("controller.log", new LogLine(LogsFixture.Noon, "i", null, "stdout", "the function's"));
            var lines = await LogReader.ReadAsync(await logs.Of("controller.log").SnapshotAsync(null, Ct), new LogFilter(), 10, TimeProvider.System, Ct);
            Assert.Equal(["the function's"], lines.Select(line => line.Text));
        }

        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task A_folder_that_somebody_removes_under_way_costs_what_was_in_it_and_no_more()
    {
        await using var fixture = new LogsFixture();
        fixture.Write("gone");
        await fixture.ReadAsync();
        Directory.Delete(Path.Combine(fixture.Root, "f"), recursive: true);
        fixture.Write("there");
        Assert.Equal(["there"], await fixture.TextsAsync());
        Assert.DoesNotContain('\0', await File.ReadAllTextAsync(fixture.Segments[^1].FullName, Ct));
    }

    [Fact]
    public async Task Lines_that_the_disk_does_not_take_are_told_as_soon_as_it_does()
    {
        await using var fixture = new LogsFixture();
        var inTheWay = Path.Combine(fixture.Root, "f");
        await File.WriteAllTextAsync(inTheWay, "", Ct);
        fixture.Write("nowhere");
        Assert.Empty(await fixture.TextsAsync());
        File.Delete(inTheWay);
        fixture.Write("there");
        Assert.Equal(["1 line lost: the platform could not write to its disk", "there"], await fixture.TextsAsync());
    }
}
