using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Faas.Contracts.Api;

namespace Faas.Cli.Tests;

/// <summary><c>faas up</c> as a process, with scripts in the place of controller and gateway; the controller's address is the test's own server.</summary>
public sealed class UpTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();

    public UpTests()
    {
        Directory.CreateDirectory(_folder["cli"]);
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory).Where(file => !Path.GetFileName(file).StartsWith("xunit", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(_folder["cli"], Path.GetFileName(file)));
        }

        WritePart("controller", _api.Url);
        WritePart("gateway", "http://127.0.0.1:4711");
        _folder.Write("d/admin.key", AdminApi.Key + "\n");
    }

    private string Data => _folder["d"];

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Up_starts_both_parts_says_where_and_stops_the_gateway_first()
    {
        _api.Functions.Add(AdminApi.Summary("hello"));
        using var up = Start("--memory", "1.5GiB", "--output", "json");
        var report = JsonDocument.Parse(await LineAsync(up)).RootElement;
        Assert.Equal(("http://127.0.0.1:4711", _api.Url), (report.GetProperty("publicUrl").GetString(), report.GetProperty("adminUrl").GetString()));
        var endpoints = JsonSerializer.Deserialize(await File.ReadAllTextAsync(_folder["d/endpoints.json"], TestContext.Current.CancellationToken), FaasJson.Default.PlatformEndpoints)!;
        Assert.Equal((up.Id, _api.Url), (endpoints.Pid, endpoints.AdminUrl));
        var arguments = await File.ReadAllTextAsync(_folder["d/controller.args"], TestContext.Current.CancellationToken);
        Assert.Contains("--public http://127.0.0.1:4711", arguments, StringComparison.Ordinal);
        Assert.Contains("--memory 1536 ", arguments, StringComparison.Ordinal);

        Native.Kill(up.Id, Native.SigTerm);
        await ExitAsync(up);
        Assert.Equal(0, up.ExitCode);
        Assert.Equal(["gateway", "controller"], await File.ReadAllLinesAsync(_folder["d/stopped"], TestContext.Current.CancellationToken));
        Assert.False(File.Exists(_folder["d/endpoints.json"]));
        AssertNothingRuns();
    }

    [Fact]
    public async Task Up_makes_a_private_key_and_a_folder_that_instances_can_traverse()
    {
        File.Delete(_folder["d/admin.key"]);
        Directory.Delete(Data);
        using var up = Start();
        await ErrorAsync(up, "refused the key");   // the test's server has another key, which ends this start
        await ExitAsync(up);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["d/admin.key"]));
        Assert.Equal(43, (await File.ReadAllTextAsync(_folder["d/admin.key"], TestContext.Current.CancellationToken)).Trim().Length);
        Assert.Equal(0b111_001_001, (int)File.GetUnixFileMode(Data));
        AssertNothingRuns();
    }

    [Fact]
    public async Task A_killed_part_comes_back_and_a_killed_up_leaves_nothing_and_the_next_start_is_clean()
    {
        using (var up = Start("--output", "json"))
        {
            await LineAsync(up);
            Process.GetProcessById(Pids("gateway")[0]).Kill();
            await ErrorAsync(up, "the gateway is back");
            Assert.Equal(2, Pids("gateway").Length);
            up.Kill();
            await ExitAsync(up);
        }

        using var next = Start("--output", "json");
        await LineAsync(next);
        AssertNothingRuns(except: [Pids("gateway")[^1], Pids("controller")[^1]]);
        Native.Kill(next.Id, 2);
        await ExitAsync(next);
        Assert.Equal(0, next.ExitCode);
        AssertNothingRuns();
    }

    [Fact]
    public async Task A_second_up_on_the_same_folder_names_the_first()
    {
        using var up = Start("--output", "json");
        await LineAsync(up);
        using var second = Start();
        var error = await second.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await ExitAsync(second);
        Assert.Equal(1, second.ExitCode);
        Assert.Contains($"error: A platform runs on {Data} already (process {up.Id})", error, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder["d/endpoints.json"]));
        Native.Kill(up.Id, Native.SigTerm);
        await ExitAsync(up);
    }

    [Fact]
    public async Task Taken_ports_and_unwritable_folders_are_one_line_each()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await FailsAsync($"error: port {port} is taken by another program; choose another with --listen http://127.0.0.1:PORT", "--listen", $"http://127.0.0.1:{port}");
        await FailsAsync("error: Cannot write to the data folder /proc/faas", "--data", "/proc/faas");
        await FailsAsync("is no address of this machine", "--listen", "http://192.0.2.1:8080");
        AssertNothingRuns();
    }

    [Fact]
    public async Task A_part_whose_configuration_is_wrong_ends_up_with_its_own_words()
    {
        _folder.WriteScript("cli/platform/controller/faas-controller", "echo 'error: docker does not answer; use --sandbox process' >&2\nexit 78\n");
        await FailsAsync("error: docker does not answer; use --sandbox process");
        AssertNothingRuns();
    }

    [Fact]
    public async Task The_given_manifest_is_deployed_a_refused_function_is_shown_and_a_change_is_deployed_again()
    {
        _folder.Write("app/faas.yaml", "functions:\n  a:\n    runtime: python\n  b:\n    runtime: python\n");
        _folder.Write("app/a/handler.py", "1");
        _folder.Write("app/b/handler.py", "2");
        _api.AcceptDeploys("a");
        _api.AcceptDeploys("b");
        _api.On("PUT /v1/functions/b", (_, _) => AdminApi.Answer.Problem(422, "InitFailed", "It could not start."));
        var deploys = 0;
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _api.On("PUT /v1/functions/a", (_, _) =>
        {
            if (Interlocked.Increment(ref deploys) == 2)
            {
                again.TrySetResult();
            }

            return AdminApi.Answer.Json(new DeployResult("a", "r", "created", "http://x/function/a", TimeSpan.Zero, null), FaasJson.Default.DeployResult);
        });
        _api.Functions.Add(AdminApi.Summary("a"));

        using var up = Start("app", "--watch");
        await ErrorAsync(up, "error: b: It could not start.");
        await LineAsync(up, "curl http://127.0.0.1:8080/function/a");
        await LineAsync(up, "ready");
        _folder.Write("app/a/handler.py", "changed");
        await again.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Native.Kill(up.Id, Native.SigTerm);
        await ExitAsync(up);
        AssertNothingRuns();
    }

    private Process Start(params string[] arguments) => FaasProgram.Start(
        _folder["cli/faas"], _folder.Path,
        ["up", "--listen", "http://127.0.0.1:0", "--admin", "http://127.0.0.1:0", "--data", Data, .. arguments], new Dictionary<string, string> { ["NO_COLOR"] = "1" });

    private async Task FailsAsync(string message, params string[] arguments)
    {
        string[] standard = ["--listen", "http://127.0.0.1:0", "--admin", "http://127.0.0.1:0", "--data", Data];
        var pairs = standard.Chunk(2).Where(pair => !arguments.Contains(pair[0])).SelectMany(pair => pair);
        using var up = FaasProgram.Start(_folder["cli/faas"], _folder.Path, ["up", .. pairs, .. arguments]);
        var error = await up.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await ExitAsync(up);
        Assert.Equal(1, up.ExitCode);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n'), line => line.StartsWith("error:", StringComparison.Ordinal));
    }

    private void WritePart(string name, string url) => _folder.WriteScript($"cli/platform/{name}/faas-{name}", $$"""
        echo $$ >> {{Data}}/{{name}}.pids
        echo "$@" > {{Data}}/{{name}}.args
        exec 3<&0
        cat <&3 >/dev/null &
        trap 'kill $!; echo {{name}} >> {{Data}}/stopped; exit 0' TERM
        echo ready {{url}}
        wait $!
        """ + "\n");

    private int[] Pids(string name) => [.. File.ReadAllLines(_folder[$"d/{name}.pids"]).Select(line => int.Parse(line, System.Globalization.CultureInfo.InvariantCulture))];

    private void AssertNothingRuns(params int[] except)
    {
        foreach (var name in (string[])["controller", "gateway"])
        {
            if (File.Exists(_folder[$"d/{name}.pids"]))
            {
                Assert.DoesNotContain(Pids(name).Except(except), IsRunning);
            }
        }
    }

    /// <summary>A process whose parent was killed may stay a zombie until init looks; its command line is empty then.</summary>
    private static bool IsRunning(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Length > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task<string> LineAsync(Process up, string start = "") => await FindAsync(up.StandardOutput, line => line.StartsWith(start, StringComparison.Ordinal));

    private static async Task ErrorAsync(Process up, string text) => await FindAsync(up.StandardError, line => line.Contains(text, StringComparison.Ordinal));

    private static async Task<string> FindAsync(StreamReader reader, Func<string, bool> matches)
    {
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken) is { } line)
        {
            if (matches(line))
            {
                return line;
            }
        }

        throw new InvalidOperationException("the output ended before the line came");
    }

    private static Task ExitAsync(Process process) => process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
}
