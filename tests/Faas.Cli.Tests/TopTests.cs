using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Faas.Contracts.Api;

namespace Faas.Cli.Tests;

/// <summary><c>faas top</c> as a process: once, as lines of JSON, and live on a terminal.</summary>
public sealed class TopTests : IDisposable
{
    private const int Interrupt = 2;

    private readonly TemporaryFolder _folder = new();
    private AdminApi _api = new();
    private int _readings;

    public TopTests() => Serve(_api);

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Without_a_terminal_it_prints_one_view_made_of_two_readings()
    {
        var result = await RunAsync("--interval", "200ms");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(2, _readings);
        var lines = result.Out.TrimEnd().Split('\n');
        Assert.Equal("cores      [||||||||||          ]  50% of 2 cores busy", lines[0]);
        Assert.Equal(["FUNCTION", "REQ/S", "RUNNING", "WAITING", "INSTANCES", "MS/RUN", "COLD", "MEMORY", "DECIDED", "LAST DECISION"], lines[5].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        var cells = lines[6].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(["checkout", "10", "1", "3", "2 (1 busy, 1 ready)", "12", "29%", "512 MiB"], cells[..8]);
        Assert.Equal("held x3: 3 waiting, and the cores are busy", cells[^1]);
        Assert.Equal(8, lines.Length);
        Assert.All(result.Out, c => Assert.InRange(c, '\n', '~'));
    }

    [Fact]
    public async Task Once_as_json_is_one_reading_on_one_line()
    {
        var result = await RunAsync("--once", "-o", "json");
        Assert.Equal((0, 1), (result.ExitCode, _readings));
        var load = JsonSerializer.Deserialize(Assert.Single(result.Out.TrimEnd().Split('\n')), FaasJson.Default.PlatformLoad)!;
        Assert.Equal((2, 2), (load.Cores, load.Functions.Count));

        var part = await RunAsync("CHECK", "--once", "-o", "json");
        Assert.Equal("checkout", Assert.Single(JsonSerializer.Deserialize(part.Out, FaasJson.Default.PlatformLoad)!.Functions).Name);
    }

    [Fact]
    public async Task A_name_limits_the_view_to_functions_that_contain_it()
    {
        var result = await RunAsync("ell", "--interval", "200ms");
        Assert.Contains("hello", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("checkout", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_json_it_goes_on_while_the_platform_is_away_and_says_so_once()
    {
        using var top = FaasProgram.Start(FaasProgram.Executable, _folder.Path, ["top", "-o", "json", "--interval", "200ms", .. _api.Options]);
        await LineAsync(top.StandardOutput);
        await LineAsync(top.StandardOutput);
        var url = _api.Url;
        _api.Dispose();
        Assert.Equal("Unreachable", JsonDocument.Parse(await LineAsync(top.StandardError)).RootElement.GetProperty("error").GetString());

        _api = new AdminApi(url);
        _api.On("GET /v1/load", (_, _) => AdminApi.Answer.Json(AdminApi.Load(AdminApi.Summary("again")), FaasJson.Default.PlatformLoad));
        while (!(await LineAsync(top.StandardOutput)).Contains("\"again\"", StringComparison.Ordinal))
        {
            // Readings from before are still in the pipe.
        }

        Assert.True(Native.Kill(top.Id, Interrupt));
        var rest = top.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await top.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(FaasProgram.Patience, TestContext.Current.CancellationToken);
        Assert.Equal((0, ""), (top.ExitCode, await rest));
    }

    [Fact]
    public async Task As_json_it_ends_when_nobody_reads_it_any_more()
    {
        var command = $"'{FaasProgram.Executable}' top -o json --interval 200ms {string.Join(' ', _api.Options)} | head -n 1";
        using var pipe = FaasProgram.Start("/bin/sh", _folder.Path, ["-c", command]);
        var output = pipe.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await pipe.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(FaasProgram.Patience, TestContext.Current.CancellationToken);
        Assert.StartsWith("{\"cores\":2,", await output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_terminal_it_is_redrawn_until_ctrl_c_and_survives_a_platform_that_goes_away()
    {
        using var top = FaasProgram.StartOnTerminal(_folder.Path, ["top", "--interval", "200ms", .. _api.Options]);
        await UntilAsync(top, "50% of 2 cores busy");
        _api.On("GET /v1/load", (_, _) => AdminApi.Answer.Problem(503, "Starting", "The platform starts."));
        Assert.Contains("checkout", await UntilAsync(top, "trying again: The platform starts."), StringComparison.Ordinal);
        _api.On("GET /v1/load", (_, _) => AdminApi.Answer.Json(AdminApi.Load(AdminApi.Summary("again")), FaasJson.Default.PlatformLoad));
        await UntilAsync(top, "again  ");

        await top.StandardInput.WriteAsync("\u0003");
        await top.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        var rest = top.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await top.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(FaasProgram.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(0, top.ExitCode);
        Assert.EndsWith("\u001b[?25h", (await rest).TrimEnd(), StringComparison.Ordinal);   // the cursor is shown again, below the last view
    }

    [Fact]
    public async Task A_platform_that_was_never_there_is_an_error_like_any_other()
    {
        string[] nowhere = ["--admin", "http://127.0.0.1:1", "--key", "x"];
        Assert.Equal(6, (await FaasProgram.RunAsync(_folder.Path, ["top", .. nowhere])).ExitCode);
        Assert.Equal(6, (await FaasProgram.RunAsync(_folder.Path, ["top", "-o", "json", .. nowhere])).ExitCode);
        var (exitCode, screen) = await FaasProgram.RunOnTerminalAsync(_folder.Path, ["top", .. nowhere]);
        Assert.Equal(6, exitCode);
        Assert.Contains("faas up", screen, StringComparison.Ordinal);
    }

    /// <summary>Each reading is a second later by the platform's clock, with ten requests more, and the cores half idle.</summary>
    private void Serve(AdminApi api) => api.On("GET /v1/load", (_, _) =>
    {
        var reading = Interlocked.Increment(ref _readings);
        var decision = new ScalingDecision(DateTimeOffset.UnixEpoch, "held", "3 waiting, and the cores are busy", 3);
        var checkout = AdminApi.Summary("checkout") with { Load = new FunctionLoad(1, 1, 0, 0, 0, 3, 1, 12.4, 10 * reading, decision) };
        var load = AdminApi.Load(checkout, AdminApi.Summary("hello") with { Load = new FunctionLoad(0, 0, 2, 0, 0, 0, 0, 0, 5, null) });
        return AdminApi.Answer.Json(load with { AtMs = 1000 * reading, IdleMs = 1000 * reading }, FaasJson.Default.PlatformLoad);
    });

    private static async Task<string> LineAsync(StreamReader reader) =>
        await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(FaasProgram.Patience, TestContext.Current.CancellationToken)
        ?? throw new InvalidOperationException("the output ended");

    /// <summary>Reads the screen until <paramref name="text"/> is on it.</summary>
    private static async Task<string> UntilAsync(Process process, string text)
    {
        var screen = new StringBuilder();
        var buffer = new char[4096];
        while (!screen.ToString().Contains(text, StringComparison.Ordinal))
        {
            var count = await process.StandardOutput.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(FaasProgram.Patience, TestContext.Current.CancellationToken);
            Assert.True(count > 0, $"the screen ended before '{text}' was on it: {screen}");
            screen.Append(buffer, 0, count);
        }

        return screen.ToString();
    }

    private Task<FaasProgram.Result> RunAsync(params string[] arguments) => FaasProgram.RunAsync(_folder.Path, ["top", .. arguments, .. _api.Options]);
}
