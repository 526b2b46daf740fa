using System.Diagnostics;
using Faas.Cli.CommandLine;
using Faas.Cli.Supervision;

namespace Faas.Cli.Tests;

/// <summary>The supervisor, with real child processes.</summary>
public sealed class SupervisionTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Says that it is ready, then runs until its stdin ends or it is told to stop.</summary>
    private const string Serve = """
        exec 3<&0
        cat <&3 >/dev/null &
        trap 'kill $!; exit 0' TERM
        wait $!
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly List<int> _pids = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Back_off_doubles_to_ten_seconds_and_starts_over_after_health()
    {
        var backoff = new RestartBackoff();
        var delays = Enumerable.Range(0, 9).Select(_ => backoff.After(TimeSpan.Zero).TotalMilliseconds).ToArray();
        Assert.Equal([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000], delays);
        Assert.Equal(100, backoff.After(RestartBackoff.Healthy).TotalMilliseconds);
        Assert.Equal(200, backoff.After(TimeSpan.FromSeconds(1)).TotalMilliseconds);
    }

    [Fact]
    public async Task A_killed_part_is_started_again_at_the_same_address()
    {
        using var part = Create("echo \"$1\" >> starts\necho ready http://127.0.0.1:4711\n" + Serve);
        var restarting = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var recovered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        part.Restarting += (exitCode, _) => restarting.TrySetResult(exitCode);
        part.Recovered += _ => recovered.TrySetResult();

        Assert.Equal(4711, (await part.StartAsync(TestContext.Current.CancellationToken)).Port);
        Process.GetProcessById(part.Pid).Kill();
        Assert.Equal(137, await Within(restarting.Task));
        await Within(recovered.Task);
        await Within(part.StopAsync(Patience));

        Assert.Equal(2, _pids.Distinct().Count());
        Assert.Equal(["none", "4711"], await File.ReadAllLinesAsync(_folder["starts"], TestContext.Current.CancellationToken));
        Assert.All(_pids, pid => Assert.False(Directory.Exists($"/proc/{pid}")));
    }

    [Fact]
    public async Task A_part_that_never_listens_is_an_error_with_its_last_lines()
    {
        using var part = Create("echo first >&2\necho 'cannot open database' >&2\nexit 3");
        var error = await Assert.ThrowsAsync<CliException>(() => Within(part.StartAsync(TestContext.Current.CancellationToken)));
        Assert.Equal(ExitCode.Error, error.ExitCode);
        Assert.Contains("exit code 3", error.Message, StringComparison.Ordinal);
        Assert.Equal(["first", "cannot open database"], error.Details);
        Assert.Single(_pids);
    }

    [Fact]
    public async Task A_wrong_configuration_is_reported_in_the_parts_own_words_and_not_tried_again()
    {
        using var atStart = Create("echo 'Docker does not answer; use --sandbox process' >&2\nexit 78");
        var error = await Assert.ThrowsAsync<CliException>(() => Within(atStart.StartAsync(TestContext.Current.CancellationToken)));
        Assert.Equal("Docker does not answer; use --sandbox process", error.Message);

        using var later = Create("test -e once && { echo 'broken now' >&2; exit 78; }\ntouch once\necho ready http://127.0.0.1:1\n" + Serve);
        await later.StartAsync(TestContext.Current.CancellationToken);
        Process.GetProcessById(later.Pid).Kill();
        Assert.Equal("broken now", (await Assert.ThrowsAsync<CliException>(() => Within(later.Failed))).Message);
        await Within(later.StopAsync(Patience));
    }

    /// <summary>The controller and its Redis were killed together, and the controller was back while Redis still read its files: that ended the platform.</summary>
    [Fact]
    public async Task A_part_whose_server_is_away_says_so_at_the_first_start_and_later_is_started_until_it_is_back()
    {
        using var atStart = Create("echo 'Redis is not reachable. Start it.' >&2\nexit 75");
        var error = await Assert.ThrowsAsync<CliException>(() => Within(atStart.StartAsync(TestContext.Current.CancellationToken)));
        Assert.Equal("Redis is not reachable. Start it.", error.Message);

        using var later = Create("test -e once && ! test -e twice && { touch twice; echo 'Redis is not reachable. Start it.' >&2; exit 75; }\ntouch once\necho ready http://127.0.0.1:1\n" + Serve);
        var exitCodes = new List<int>();
        var recovered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        later.Restarting += (exitCode, _) => exitCodes.Add(exitCode);
        later.Recovered += _ => recovered.SetResult();
        await later.StartAsync(TestContext.Current.CancellationToken);
        Process.GetProcessById(later.Pid).Kill();
        await Within(recovered.Task);
        Assert.Equal([137, 75], exitCodes);
        await Within(later.StopAsync(Patience));
    }

    [Fact]
    public async Task A_part_that_ignores_the_request_to_stop_is_killed_when_grace_is_over()
    {
        using var part = Create("trap '' TERM\necho ready http://127.0.0.1:1\nwhile :; do sleep 60 & wait; done");
        await part.StartAsync(TestContext.Current.CancellationToken);
        var pid = part.Pid;
        await Within(part.StopAsync(TimeSpan.FromMilliseconds(100)));
        Assert.False(Directory.Exists($"/proc/{pid}"));
        foreach (var child in Process.GetProcessesByName("sleep").Where(sleep => Environment(sleep.Id).Contains(_folder.Path, StringComparison.Ordinal)))
        {
            child.Kill();
        }
    }

    [Fact]
    public async Task A_part_in_its_back_off_can_be_stopped()
    {
        using var part = Create("test -e once && exit 1\ntouch once\necho ready http://127.0.0.1:1\n" + Serve);
        var thirdFailure = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var failures = 0;
        part.Restarting += (_, _) =>
        {
            if (++failures == 3)
            {
                thirdFailure.TrySetResult();
            }
        };
        await part.StartAsync(TestContext.Current.CancellationToken);
        Process.GetProcessById(part.Pid).Kill();
        await Within(thirdFailure.Task);
        await Within(part.StopAsync(Patience));
    }

    [Fact]
    public void Only_warnings_reach_the_terminal_and_everything_reaches_the_file()
    {
        var shown = new List<string>();
        using (var log = new PartLog(_folder["logs"], "gateway", shown.Add))
        {
            log.Add("info: started");
            log.Add("      a continuation");
            log.Add("warn: something");
            log.Add("      is odd");
            log.Add("<3>an error");
            log.Add("<6>a note");
        }

        Assert.Equal(["[gateway] warn: something", "[gateway]       is odd", "[gateway] <3>an error"], shown);
        Assert.Equal(6, File.ReadAllLines(_folder["logs/gateway.log"]).Length);
    }

    private SupervisedPart Create(string script)
    {
        var name = $"part-{Guid.NewGuid():N}";
        var path = _folder.WriteScript(name, $"cd {_folder.Path}\n" + script + "\n");
        var command = new PartCommand(name, path, previous => [previous?.Port.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"]);
        return new SupervisedPart(command, new PartLog(_folder["logs"], name, _ => { }), (_, pid) => _pids.Add(pid), TimeProvider.System);
    }

    private static string Environment(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ") + new FileInfo($"/proc/{pid}/cwd").LinkTarget;
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static Task<T> Within<T>(Task<T> task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    private static Task Within(Task task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);
}
