using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Tests;

/// <summary><c>faas invocations wait</c>: what it prints, and how it ends.</summary>
public sealed class InvocationWaitTests : IDisposable
{
    private const int Interrupt = 2;

    private static readonly DateTimeOffset Later = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Wait_asks_until_it_has_ended_and_prints_the_result_as_it_is()
    {
        var asked = 0;
        _api.On("GET /v1/invocations/i-1", (_, _) => Answer(++asked switch
        {
            1 => Described(InvocationState.Queued),
            2 => Described(InvocationState.Running) with { Attempts = 1 },
            _ => Described(InvocationState.Succeeded) with { Result = new ResultSummary(200, "application/octet-stream", 3, true, null) },
        }));
        _api.On("GET /v1/invocations/i-1/result", (_, _) => new AdminApi.Answer(200, "application/octet-stream", [0, 10, 65], ("X-Function-Status", "200")));
        var result = await RunAsync("invocations", "wait", "i-1", "--timeout", "5m");
        Assert.Equal((0, "\0\nA", "", 3), (result.ExitCode, result.Out, result.Error, asked));
        Assert.Contains("GET /v1/invocations/i-1?wait=30", _api.Requests);
    }

    [Fact]
    public async Task Wait_on_a_terminal_shows_each_state_once()
    {
        var asked = 0;
        _api.On("GET /v1/invocations/i-1", (_, _) => Answer(++asked switch
        {
            1 => Described(InvocationState.Queued) with { DueAt = Later, Failures = 1, Attempts = 1 },
            < 4 => Described(InvocationState.Running) with { Attempts = 2 },
            _ => Described(InvocationState.Succeeded),
        }));
        var (exitCode, screen) = await FaasProgram.RunOnTerminalAsync(_folder.Path, ["invocations", "wait", "i-1", .. _api.Options]);
        var lines = screen.TrimEnd().Split("\r\n");
        Assert.Equal(0, exitCode);
        Assert.Contains("failed 1 time, next attempt at ", lines[0], StringComparison.Ordinal);   // behind what sets the terminal up
        Assert.Equal(["running, attempt 2", "It succeeded. Its result is not kept."], lines[1..]);
        Assert.Contains("GET /v1/invocations/i-1?wait=1", _api.Requests);
    }

    [Fact]
    public async Task Wait_turns_how_it_ended_into_an_exit_code()
    {
        Serve(Described(InvocationState.DeadLettered) with { Reason = "it failed 3 times." });
        var dead = await RunAsync("invocations", "wait", "i-1");
        Assert.Equal(
            (5, "", "error: Invocation i-1 of 'hello' is a dead letter: it failed 3 times. `faas dlq show i-1` shows its attempts, `faas dlq redrive i-1` runs it again.\n"),
            (dead.ExitCode, dead.Out, dead.Error));

        Serve(Described(InvocationState.Failed) with { History = [new AttemptRecord { Number = 1, StartedAt = Later, EndedAt = Later, Status = 500 }] });
        var failed = await RunAsync("invocations", "wait", "i-1");
        Assert.Equal(5, failed.ExitCode);
        Assert.Contains("failed: it answered with status 500. `faas invocations show i-1`", failed.Error, StringComparison.Ordinal);

        Serve(Described(InvocationState.Cancelled));
        Assert.Equal((1, "error: Invocation i-1 was cancelled.\n"), await ErrorOfAsync("invocations", "wait", "i-1"));

        var json = await RunAsync("invocations", "wait", "i-1", "-o", "json");
        Assert.Equal((1, "cancelled", ""), (json.ExitCode, JsonDocument.Parse(json.Out).RootElement.GetProperty("state").GetString(), json.Error));
    }

    [Fact]
    public async Task Wait_has_a_limit_after_which_the_invocation_goes_on()
    {
        Serve(Described(InvocationState.Running) with { Attempts = 2 });
        Assert.Equal(
            (1, "error: Invocation i-1 has not ended within 3.0 s (running, attempt 2). It goes on; `faas invocations wait i-1` waits for it again.\n"),
            await ErrorOfAsync("invocations", "wait", "i-1", "--timeout", "3s"));
    }

    [Fact]
    public async Task Wait_goes_on_when_the_platform_is_restarted()
    {
        var asked = 0;
        _api.On("GET /v1/invocations/i-1", (_, _) => ++asked switch
        {
            1 => Answer(Described(InvocationState.Running)),
            < 4 => AdminApi.Answer.Problem(503, "Starting", "The platform starts."),
            _ => Answer(Described(InvocationState.Succeeded)),
        });
        Assert.Equal((0, "It succeeded. Its result is not kept.\n"), await ErrorOfAsync("invocations", "wait", "i-1"));
        Assert.Equal(4, asked);

        var never = await FaasProgram.RunAsync(_folder.Path, ["invocations", "wait", "i-1", "--admin", "http://127.0.0.1:1"]);
        Assert.Equal(6, never.ExitCode);   // one that was never there is not waited for
    }

    [Fact]
    public async Task Wait_is_interrupted_by_ctrl_c_with_exit_code_130()
    {
        Serve(Described(InvocationState.Running) with { Attempts = 1 });
        using var wait = FaasProgram.StartOnTerminal(_folder.Path, ["invocations", "wait", "i-1", .. _api.Options]);
        var screen = new StringBuilder();
        await UntilAsync(wait, screen, "running, attempt 1");
        await wait.StandardInput.WriteAsync("\u0003");
        await wait.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        await UntilAsync(wait, screen, "It goes on; `faas invocations cancel i-1` ends it.");
        await wait.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(FaasProgram.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(130, wait.ExitCode);

        var asked = new TaskCompletionSource();
        _api.On("GET /v1/invocations/i-1", (_, _) =>
        {
            asked.TrySetResult();
            return Answer(Described(InvocationState.Running));
        });
        using var quiet = FaasProgram.Start(FaasProgram.Executable, _folder.Path, ["invocations", "wait", "i-1", .. _api.Options]);
        await asked.Task.WaitAsync(FaasProgram.Patience, TestContext.Current.CancellationToken);
        Assert.True(Native.Kill(quiet.Id, Interrupt));
        await quiet.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(FaasProgram.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(130, quiet.ExitCode);
    }

    private static InvocationDescription Described(InvocationState state) =>
        new() { Id = "i-1", Function = "hello", State = state, IsQueued = true, AcceptedAt = DateTimeOffset.UnixEpoch };

    private static AdminApi.Answer Answer(InvocationDescription description) => AdminApi.Answer.Json(description, FaasJson.Default.InvocationDescription);

    private static async Task UntilAsync(Process process, StringBuilder screen, string text)
    {
        var buffer = new char[4096];
        while (!screen.ToString().Contains(text, StringComparison.Ordinal))
        {
            var count = await process.StandardOutput.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(FaasProgram.Patience, TestContext.Current.CancellationToken);
            Assert.True(count > 0, $"the screen ended before '{text}' was on it: {screen}");
            screen.Append(buffer, 0, count);
        }
    }

    private void Serve(InvocationDescription description) => _api.On("GET /v1/invocations/i-1", (_, _) => Answer(description));

    private async Task<(int ExitCode, string Error)> ErrorOfAsync(params string[] arguments)
    {
        var result = await RunAsync(arguments);
        return (result.ExitCode, result.Error);
    }

    private Task<FaasProgram.Result> RunAsync(params string[] arguments) => FaasProgram.RunAsync(_folder.Path, [.. arguments, .. _api.Options]);
}
