using System.Net;
using System.Net.Sockets;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary><c>faas up</c> itself: how it starts, refuses to start, watches and stops.</summary>
public sealed class UpTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_prints_where_it_listens_what_isolates_functions_and_how_to_call_them()
    {
        await using var platform = await StartAsync();
        var output = platform.Output.ToString();
        Assert.Contains(platform.PublicUrl.Authority, output, StringComparison.Ordinal);
        Assert.Contains(platform.AdminUrl.Authority, output, StringComparison.Ordinal);
        Assert.Contains("python", output, StringComparison.Ordinal);
        Assert.Contains($"curl {platform.PublicUrl.GetLeftPart(UriPartial.Authority)}/function/hello", output, StringComparison.Ordinal);
        Assert.Contains((await platform.Admin.PlatformAsync()).Isolation, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ProcessTable.SigInt)]
    [InlineData(ProcessTable.SigTerm)]
    public async Task A_signal_drains_what_runs_and_leaves_nothing(int signal)
    {
        await using var platform = await StartAsync();
        await platform.DeployAsync("slow", "trouble.py");
        var running = platform.CallAsync("slow/slow?seconds=3").TextAsync();
        await Eventually.HoldsAsync("the call in flight", async () => (await platform.Admin.DescribeAsync("slow")).Instances.Any(instance => instance.InFlight > 0));
        ProcessTable.Signal(platform.Pid, signal);

        Assert.Contains("instance", await running, StringComparison.Ordinal);
        await Eventually.HoldsAsync("the end of `up`", () => !ProcessTable.IsAlive(platform.Pid));
        await platform.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_second_one_on_the_same_folder_is_refused_in_one_line()
    {
        await using var platform = await StartAsync();
        var second = await UpAsync("--data", platform.Folder.Root, "--listen", "http://127.0.0.1:0", "--admin", "http://127.0.0.1:0");
        AssertRefused(second, platform.Folder.Root);
        Assert.Equal("hello", await platform.CallAsync("hello").TextAsync());
    }

    [Fact]
    public async Task A_taken_port_is_refused_in_one_line()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await InNewFolderAsync(async data =>
        {
            AssertRefused(await UpAsync("--data", data, "--listen", $"http://127.0.0.1:{port}", "--admin", "http://127.0.0.1:0"), $"{port}");
            AssertRefused(await UpAsync("--data", data, "--listen", "http://127.0.0.1:0", "--admin", $"http://127.0.0.1:{port}"), $"{port}");
        });
    }

    [Fact]
    public async Task An_unwritable_folder_is_refused_in_one_line() =>
        AssertRefused(await UpAsync("--data", "/proc/faas", "--listen", "http://127.0.0.1:0", "--admin", "http://127.0.0.1:0"), "/proc/faas");

    [Fact]
    public async Task A_changed_source_is_deployed_again_while_watching()
    {
        var folder = Directory.CreateTempSubdirectory("faas-w").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "faas.yaml"), "functions:\n  seen:\n    runtime: python\n    handler: seen.handler\n    source: ./seen.py\n    network: none\n", Stop);
            await File.WriteAllTextAsync(Path.Combine(folder, "seen.py"), "def handler(e, c): return 'before'", Stop);
            await using var platform = await Platform.StartAsync(new PlatformOptions { Sandbox = "process", Manifest = folder, Arguments = ["--watch"] });
            Assert.Equal("before", await platform.CallAsync("seen").TextAsync());

            await File.WriteAllTextAsync(Path.Combine(folder, "seen.py"), "def handler(e, c)  # a mistake", Stop);
            await Eventually.HoldsAsync("the mistake is shown", () => platform.Output.Contains("SyntaxError"));
            Assert.Equal("before", await platform.CallAsync("seen").TextAsync());

            await File.WriteAllTextAsync(Path.Combine(folder, "seen.py"), "def handler(e, c): return 'after'", Stop);
            await Eventually.HoldsAsync("the change serves", async () => await platform.CallAsync("seen").TextAsync() == "after");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<Platform> StartAsync() => Platform.StartAsync(new PlatformOptions { Sandbox = "process" });

    private static Task<CommandResult> UpAsync(params string[] arguments) => Command.RunAsync(Repository.Cli, ["up", Repository.Samples, .. arguments, "--sandbox", "process"]);

    private static void AssertRefused(CommandResult result, string named)
    {
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(named, result.Errors, StringComparison.Ordinal);
        var errors = DockerEngine.Lines(result.Errors).Where(line => !line.StartsWith("starting", StringComparison.Ordinal)).ToList();
        Assert.True(errors.Count == 1, $"one clear line, not:\n{result.All}");
        Assert.DoesNotContain("   at ", result.All, StringComparison.Ordinal);
    }

    private static async Task InNewFolderAsync(Func<string, Task> act)
    {
        var data = Platform.NewDataFolder();
        try
        {
            await act(data);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}
