using Faas.Contracts.Api;
using Faas.Controller.Logs;

namespace Faas.Controller.Tests;

public sealed class FunctionLogTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("faas-log-");

    private string LogPath => Path.Combine(_folder.FullName, "f.ndjson");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_tail_has_the_newest_lines_oldest_first()
    {
        await using var log = new FunctionLog(LogPath, TimeProvider.System);
        for (var i = 0; i < 10; i++)
        {
            log.Append(Line($"line {i}"));
        }

        var tail = await log.TailAsync(3, null, TestContext.Current.CancellationToken);
        Assert.Equal(["line 7", "line 8", "line 9"], tail.Select(l => l.Text));
    }

    [Fact]
    public async Task Lines_of_one_invocation_can_be_asked_for()
    {
        await using var log = new FunctionLog(LogPath, TimeProvider.System);
        log.Append(Line("mine", "a"));
        log.Append(Line("other", "b"));
        log.Append(Line("mine too", "a"));
        var tail = await log.TailAsync(100, "a", TestContext.Current.CancellationToken);
        Assert.Equal(["mine", "mine too"], tail.Select(l => l.Text));
    }

    [Fact]
    public async Task Lines_survive_a_restart()
    {
        await using (var log = new FunctionLog(LogPath, TimeProvider.System))
        {
            log.Append(Line("before"));
        }

        await using var again = new FunctionLog(LogPath, TimeProvider.System);
        Assert.Equal(["before"], (await again.TailAsync(10, null, TestContext.Current.CancellationToken)).Select(l => l.Text));
    }

    [Fact]
    public async Task A_line_cut_off_by_a_crash_is_skipped_and_the_rest_is_read()
    {
        await using (var log = new FunctionLog(LogPath, TimeProvider.System))
        {
            log.Append(Line("whole"));
        }

        await File.AppendAllTextAsync(LogPath, "{\"at\":\"2026-", TestContext.Current.CancellationToken);
        await using var again = new FunctionLog(LogPath, TimeProvider.System);
        Assert.Equal(["whole"], (await again.TailAsync(10, null, TestContext.Current.CancellationToken)).Select(l => l.Text));
    }

    [Fact]
    public async Task A_follower_sees_lines_as_they_are_written()
    {
        await using var log = new FunctionLog(LogPath, TimeProvider.System);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using var following = log.FollowAsync(ending.Token).GetAsyncEnumerator(ending.Token);
        var next = following.MoveNextAsync();
        log.Append(Line("live"));
        Assert.True(await next);
        Assert.Equal("live", following.Current.Text);
        await ending.CancelAsync();
    }

    [Fact]
    public async Task A_flood_keeps_the_files_bounded_and_the_newest_lines()
    {
        await using var log = new FunctionLog(LogPath, TimeProvider.System);
        var text = new string('x', 10_000);
        for (var i = 0; i < 3000; i++)
        {
            log.Append(Line(text));
            if (i % 500 == 0)
            {
                await log.TailAsync(1, null, TestContext.Current.CancellationToken);
            }
        }

        log.Append(Line("last"));
        Assert.Equal("last", Assert.Single(await log.TailAsync(1, null, TestContext.Current.CancellationToken)).Text);
        Assert.All(_folder.GetFiles(), file => Assert.InRange(file.Length, 1, (4 * 1024 * 1024) + 20_000));
        Assert.Equal(2, _folder.GetFiles().Length);
    }

    private static LogLine Line(string text, string? invocation = null) => new(DateTimeOffset.UnixEpoch, "i", invocation, "stdout", text);
}
