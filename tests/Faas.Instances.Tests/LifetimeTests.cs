using System.Globalization;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Instances.Tests;

public sealed class LifetimeTests(RuntimesFixture runtimes)
{
    private const string Hello = "def handler(event, context): return 'hello'";

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_stopped_instance_leaves_nothing_behind(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var instance = await test.RunningPythonAsync(Hello);
        Assert.NotEmpty(Directory.EnumerateFileSystemEntries(test.InstancesFolder));
        await test.Host.StopAsync(instance.Id, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        await test.Host.StopAsync(instance.Id, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        await AssertNothingLeftAsync(test, sandbox);
        Assert.Empty(test.Events.Exits);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task An_instance_that_ignores_everything_is_killed_when_its_grace_is_over(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var instance = await test.RunningPythonAsync("import signal\ndef handler(e, c):\n    while True: pass\n");
        var invocation = WorkerCall.InvokeAsync(instance);
        await test.Host.StopAsync(instance.Id, TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<Exception>(() => invocation);
        await AssertNothingLeftAsync(test, sandbox);
        Assert.Empty(test.Events.Exits);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_command_gets_SIGTERM_and_its_grace(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var instance = TestHost.Succeeded(await test.ActivateAsync(Runtimes.Http, "server.py", """
            import http.server, os, signal
            signal.signal(signal.SIGTERM, lambda *_: (print("stopping", flush=True), os._exit(0)))
            http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
            """, s => s with { Handler = null, MemoryMiB = 256, Command = ["python3", "server.py"] }));
        await test.Host.StopAsync(instance.Id, 3 * TestHost.Patience, TestContext.Current.CancellationToken)
            .WaitAsync(TestHost.Patience, TestContext.Current.CancellationToken);
        await test.Events.UntilAsync(() => test.Events.Lines.Any(l => l is { Text: "stopping", Stream: "stdout" }));
        await AssertNothingLeftAsync(test, sandbox);
        Assert.Empty(test.Events.Exits);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task An_instance_that_dies_is_reported_once_and_removed(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var instance = await test.RunningPythonAsync("import os\ndef handler(e, c): os._exit(3)");
        await Assert.ThrowsAnyAsync<IOException>(() => WorkerCall.InvokeAsync(instance));
        var exit = await test.Events.ExitOf(instance.Id);
        Assert.Equal(InvocationError.Crashed, exit.Error);
        Assert.Contains("code 3", exit.Detail, StringComparison.Ordinal);
        await test.Host.KillAsync(instance.Id, TestContext.Current.CancellationToken);
        await AssertNothingLeftAsync(test, sandbox);
        Assert.Single(test.Events.Exits);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task Kill_9_of_an_instance_is_a_crash_by_signal_9(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var instance = await test.RunningPythonAsync(Hello);
        Posix.Signal(await PidAsync(test, sandbox), Posix.SigKill);
        var exit = await test.Events.ExitOf(instance.Id);
        Assert.Equal(InvocationError.Crashed, exit.Error);
        Assert.Contains("signal 9", exit.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_successor_adopts_running_instances_and_reaps_the_rest(string sandbox)
    {
        // The first host is dropped without being disposed, as kill -9 does; its sockets would be closed by the kernel, which the successor's connection replaces.
        var first = await TestHost.StartAsync(sandbox, runtimes);
        var known = await first.RunningPythonAsync("import os\nn = 0\ndef handler(e, c):\n    global n\n    n += 1\n    os.system('echo still heard')\n    return n\n");
        var other = await first.RunningPythonAsync(Hello);
        first.Host.SetStemDemand(new Dictionary<StemKey, int> { [new StemKey("python", 128, NetworkKind.None)] = 1 });
        await first.Events.UntilAsync(() => first.Host.StemCounts().GetValueOrDefault("python") == 1);
        Assert.Contains("1", await WorkerCall.InvokeAsync(known), StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(first.InstancesFolder, "rubbish", "s"));
        var orphans = Directory.EnumerateDirectories(first.InstancesFolder).Where(f => !File.Exists(Path.Combine(f, "instance.json"))).ToList();
        Assert.Equal(2, orphans.Count);   // the rubbish and the stem

        await using (var second = await first.SuccessorAsync())
        {
            var all = await second.Host.AdoptAsync(r => r == "hello-1", TestContext.Current.CancellationToken);
            Assert.Equal(2, all.Count);
            Assert.Contains(all, a => a.Instance == other);
            var adopted = Assert.Single(all, a => a.Instance == known);
            Assert.Contains("2", await WorkerCall.InvokeAsync(adopted.Instance), StringComparison.Ordinal);
            await second.Events.UntilAsync(() => second.Events.Lines.Any(l => l.Text == "still heard"));
            Assert.DoesNotContain(orphans, Directory.Exists);
            Posix.Signal(await PidAsync(second, sandbox, known), Posix.SigKill);
            Assert.Equal(InvocationError.Crashed, (await second.Events.ExitOf(known.Id)).Error);
            Assert.Contains("hello", await WorkerCall.InvokeAsync(other), StringComparison.Ordinal);
        }

        // Only now: the first host, which in truth still lives, has replaced its stem meanwhile.
        await first.DisposeAsync();
        await AssertNothingLeftAsync(first, sandbox);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task Instances_of_unknown_revisions_are_removed_on_adoption(string sandbox)
    {
        var first = await TestHost.StartAsync(sandbox, runtimes);
        await first.RunningPythonAsync(Hello);
        await using (var second = await first.SuccessorAsync())
        {
            Assert.Empty(await second.Host.AdoptAsync(_ => false, TestContext.Current.CancellationToken));
            await AssertNothingLeftAsync(first, sandbox);
        }

        await first.DisposeAsync();
    }

    internal static async Task AssertNothingLeftAsync(TestHost test, string sandbox)
    {
        Assert.Empty(Directory.Exists(test.InstancesFolder) ? Directory.EnumerateFileSystemEntries(test.InstancesFolder) : []);
        if (sandbox == "docker")
        {
            Assert.Empty(await Docker.ContainersOfAsync(test.InstancesFolder));
        }

        var commands = Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), out _)).Select(CommandOf);
        Assert.DoesNotContain(commands, c => c.Contains(test.InstancesFolder, StringComparison.Ordinal));
    }

    private static string CommandOf(string processFolder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(processFolder, "cmdline"));
        }
        catch (IOException)
        {
            return "";   // ended meanwhile
        }
    }

    /// <summary>The worker's pid on the host.</summary>
    internal static async Task<int> PidAsync(TestHost test, string sandbox, InstanceHandle? instance = null)
    {
        var folder = instance is null ? Assert.Single(Directory.EnumerateDirectories(test.InstancesFolder)) : Path.GetDirectoryName(Path.GetDirectoryName(instance.Socket))!;
        if (sandbox == "docker")
        {
            var container = await Docker.RunAsync("ps", "-q", "--filter", $"label=faas.instance={Path.GetFileName(folder)}");
            return int.Parse(await Docker.RunAsync("inspect", "-f", "{{.State.Pid}}", container), CultureInfo.InvariantCulture);
        }

        var monitor = (await File.ReadAllTextAsync(Path.Combine(folder, "pid"))).Split(':')[0];
        var children = await File.ReadAllTextAsync($"/proc/{monitor}/task/{monitor}/children");
        return int.Parse(children.Trim().Split(' ')[0], CultureInfo.InvariantCulture);
    }
}
