using Faas.Contracts.Functions;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>What functions do wrong while they run: each ends in a typed error that blames the function, and the next call works.</summary>
public abstract class ErrorTests(SharedPlatform shared) : PlatformTests(shared)
{
    private const string Trouble = "trouble";

    private static readonly string[] Kinds = ["throw", "exit", "loop", "not-json"];

    [Fact]
    public async Task A_function_that_throws_is_answered_with_what_it_threw()
    {
        await DeployTroubleAsync();
        var problem = await Platform.CallAsync($"{Trouble}/throw").FailsWithAsync("Crashed");
        Assert.Equal(500, problem.Status);
        Assert.Equal("function", problem.Blame);
        Assert.Contains("on purpose", problem.Detail, StringComparison.Ordinal);
        await AssertWorksAsync();
    }

    [Fact]
    public async Task A_function_that_returns_what_cannot_be_json_is_told_so()
    {
        await DeployTroubleAsync();
        var problem = await Platform.CallAsync($"{Trouble}/not-json").FailsWithAsync("Crashed");
        Assert.Contains("JSON", problem.Detail, StringComparison.OrdinalIgnoreCase);
        await AssertWorksAsync();
    }

    [Fact]
    public async Task A_function_that_exits_is_replaced()
    {
        await DeployTroubleAsync();
        var before = await AssertWorksAsync();
        var problem = await Platform.CallAsync($"{Trouble}/exit").FailsWithAsync("Crashed");
        Assert.Contains("7", problem.Detail, StringComparison.Ordinal);   // its exit code
        Assert.NotEqual(before, await AssertWorksAsync());
    }

    [Fact]
    public async Task A_function_that_exhausts_its_memory_is_killed_and_told_so()
    {
        await RequireLimitsAsync();
        await DeployTroubleAsync();
        var problem = await Platform.CallAsync($"{Trouble}/memory").FailsWithAsync("OutOfMemory");
        Assert.Equal("function", problem.Blame);
        Assert.Contains("128", problem.Detail, StringComparison.Ordinal);   // the limit it ran into
        await AssertWorksAsync();
    }

    [Fact]
    public async Task A_function_that_forks_without_end_reaches_its_limit_and_nobody_elses()
    {
        await RequireLimitsAsync();
        await DeployTroubleAsync();
        await Platform.CallAsync($"{Trouble}/fork").FailsWithAsync("Crashed", "OutOfMemory", "Timeout");
        Assert.Equal("hello", await Platform.CallAsync("hello").TextAsync());
        await RemoveTroubleAsync();
    }

    [Fact]
    public async Task A_function_that_fills_its_disk_reaches_its_limit_and_not_the_hosts()
    {
        await RequireLimitsAsync();
        await DeployTroubleAsync();
        await Platform.CallAsync($"{Trouble}/disk").FailsWithAsync("Crashed", "OutOfMemory");
        await RemoveTroubleAsync();
    }

    [Fact]
    public async Task A_function_that_loops_forever_is_stopped_at_its_timeout()
    {
        await DeployTroubleAsync();
        var problem = await Platform.CallAsync($"{Trouble}/loop").FailsWithAsync("Timeout");
        Assert.Equal(504, problem.Status);
        Assert.Equal("function", problem.Blame);
        await AssertWorksAsync();
    }

    [Fact]
    public async Task A_function_that_ignores_cancellation_is_answered_in_time_and_replaced()
    {
        await DeployTroubleAsync();
        var before = await AssertWorksAsync();
        await Platform.CallAsync($"{Trouble}/stubborn").FailsWithAsync("Timeout");
        Assert.NotEqual(before, await AssertWorksAsync());
    }

    [Fact]
    public async Task A_function_that_floods_its_log_is_not_slowed_and_keeps_its_last_lines()
    {
        await DeployTroubleAsync(spec => spec with { Timeout = TimeSpan.FromSeconds(60) });
        Assert.Contains("100000", await Platform.CallAsync($"{Trouble}/flood").TextAsync(), StringComparison.Ordinal);
        await Eventually.HoldsAsync(
            "the last line of the flood", async () => (await Admin.LogsAsync(Trouble, "tail=50")).Any(line => line.Text == "the last line"));
    }

    [Fact]
    public async Task Five_callers_of_a_dying_function_are_all_told_why()
    {
        await DeployTroubleAsync();
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Platform.CallAsync($"{Trouble}/exit").FailsWithAsync("Crashed")));
        await AssertWorksAsync();
    }

    [Theory]
    [InlineData("throw", "on purpose")]
    [InlineData("reject", "later")]
    [InlineData("not-json", "circular")]
    [InlineData("exit", "7")]
    [InlineData("throw-outside", "outside of the handler")]
    public async Task A_node_function_that_fails_is_told_why(string kind, string words)
    {
        await Platform.DeployAsync("trouble-node", "trouble.js");
        var problem = await Platform.CallAsync($"trouble-node/{kind}").FailsWithAsync("Crashed");
        Assert.Contains(words, problem.Detail, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("true", await Platform.CallAsync("trouble-node/ok").TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_function_that_blocks_its_event_loop_is_stopped_at_its_timeout()
    {
        await Platform.DeployAsync("trouble-node", "trouble.js", spec => spec with { Timeout = TimeSpan.FromSeconds(2) });
        await Platform.CallAsync("trouble-node/loop").FailsWithAsync("Timeout");
        Assert.Contains("true", await Platform.CallAsync("trouble-node/ok").TextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("throw", "on purpose")]
    [InlineData("not-json", "JSON")]
    [InlineData("exit", "7")]
    [InlineData("overflow", "")]
    public async Task A_csharp_function_that_fails_is_told_why(string kind, string words)
    {
        await Platform.DeployAsync("trouble-csharp", "Trouble.cs");
        var problem = await Platform.CallAsync($"trouble-csharp/{kind}").FailsWithAsync("Crashed");
        Assert.Contains(words, problem.Detail, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("true", await Platform.CallAsync("trouble-csharp/ok").TextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("loop")]
    [InlineData("obedient")]
    public async Task A_csharp_function_is_stopped_at_its_timeout(string kind)
    {
        await Platform.DeployAsync("trouble-csharp", "Trouble.cs", spec => spec with { Timeout = TimeSpan.FromSeconds(2) });
        await Platform.CallAsync($"trouble-csharp/{kind}").FailsWithAsync("Timeout");
        Assert.Contains("true", await Platform.CallAsync("trouble-csharp/ok").TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_that_fails_disturbs_nobody_else()
    {
        await DeployTroubleAsync();
        var others = Enumerable.Range(0, 20).Select(_ => Platform.CallAsync("hello").TextAsync());
        await Task.WhenAll(Kinds.Select(kind => Platform.CallAsync($"{Trouble}/{kind}")));
        Assert.All(await Task.WhenAll(others), text => Assert.Equal("hello", text));
    }

    private Task DeployTroubleAsync(Func<FunctionSpec, FunctionSpec>? change = null) =>
        Platform.DeployAsync(Trouble, "trouble.py", spec => (change ?? (same => same))(spec with { Timeout = TimeSpan.FromSeconds(5) }));

    private async Task<string> AssertWorksAsync() => await Platform.CallAsync($"{Trouble}/ok").TextAsync();

    /// <summary>Takes the function away together with whatever it has left running.</summary>
    private async Task RemoveTroubleAsync()
    {
        using var deleted = await Admin.DeleteAsync(Trouble);
        Assert.True(deleted.IsSuccessStatusCode);
        await Platform.CallAsync($"{Trouble}/ok").FailsWithAsync("NotFound");
    }

    private async Task RequireLimitsAsync() =>
        Assert.SkipUnless((await Admin.PlatformAsync()).IsIsolated, "instances have no limits here: the process sandbox needs bubblewrap and control groups");
}

/// <summary>In processes.</summary>
[Collection("process")]
public sealed class ErrorsInProcesses(ProcessPlatform platform) : ErrorTests(platform);

/// <summary>In containers.</summary>
[Collection("docker")]
public sealed class ErrorsInContainers(DockerPlatform platform) : ErrorTests(platform);
