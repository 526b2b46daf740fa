using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>Instances come when they are needed and go when they are not.</summary>
public abstract class ScaleTests(SharedPlatform shared) : PlatformTests(shared)
{
    [Theory]
    [InlineData("hello.py")]
    [InlineData("Hello.cs")]
    [InlineData("hello.js")]
    public async Task A_function_scales_to_zero_and_comes_back(string file)
    {
        var name = TestFunctions.NewName("zero");
        await Platform.DeployAsync(name, file, spec => spec with { KeepAlive = TimeSpan.FromSeconds(1) });
        for (var crossing = 0; crossing < 3; crossing++)
        {
            await Admin.InstancesAsync(name, 0);
            Assert.Equal("idle", (await Admin.DescribeAsync(name)).Summary.State);

            using var cold = await Platform.CallAsync(name);
            Assert.Equal("hello", await cold.Content.ReadAsStringAsync(Stop));
            Assert.True(cold.Timing("cold") > 0, "the first call waited for an activation");

            // Not the first of them, where the machine stood still for longer than the instance is kept.
            await Eventually.HoldsAsync("a warm call", async () =>
            {
                using var warm = await Platform.CallAsync(name);
                return warm.Timing("cold") == 0;
            });
        }
    }

    [Fact]
    public async Task Minimum_instances_are_there_before_anybody_calls()
    {
        var name = TestFunctions.NewName("min");
        await Platform.DeployAsync(name, "hello.py", spec => spec with { MinInstances = 2, KeepAlive = TimeSpan.FromSeconds(1) });
        await Eventually.HoldsAsync("two ready", async () => (await Admin.DescribeAsync(name)).Instances.Count(instance => instance.State is "ready" or "frozen") == 2);
        using var response = await Platform.CallAsync(name);
        Assert.Equal(0, response.Timing("cold"));
    }

    [Fact]
    public async Task An_instance_runs_as_many_at_once_as_its_concurrency_says()
    {
        var name = TestFunctions.NewName("meeting");
        await Platform.DeployAsync(name, "meeting.js", spec => spec with { Concurrency = 8, MaxInstances = 1 });
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Platform.CallAsync($"{name}?wanted=8").TextAsync()));
        Assert.Single(answers.Distinct());
    }

    [Fact]
    public async Task No_more_instances_than_the_maximum_serve_and_nobody_is_turned_away()
    {
        var name = TestFunctions.NewName("max");
        await Platform.DeployAsync(name, "trouble.py", spec => spec with { MaxInstances = 2 });
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Platform.CallAsync($"{name}/slow?seconds=0.3").TextAsync()));
        Assert.InRange(answers.Select(InstanceOf).Distinct().Count(), 1, 2);
    }

    [Fact]
    public async Task With_a_concurrency_of_one_nobody_shares_an_instance_at_the_same_time()
    {
        var name = TestFunctions.NewName("alone");
        await Platform.DeployAsync(name, "meeting.js", spec => spec with { Concurrency = 1, MaxInstances = 4, Timeout = TimeSpan.FromSeconds(2) });

        // Two would meet if they shared an instance; alone each waits until its timeout.
        var calls = Enumerable.Range(0, 2).Select(_ => Platform.CallAsync($"{name}?wanted=2").FailsWithAsync("Timeout"));
        await Task.WhenAll(calls);
    }

    [Fact]
    public async Task An_instance_is_busy_until_its_stream_ends_and_is_not_stopped_before()
    {
        var name = TestFunctions.NewName("busy");
        await Platform.DeployAsync(name, "trouble.py", spec => spec with { KeepAlive = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromSeconds(30) });
        Assert.Contains("instance", await Platform.CallAsync($"{name}/slow?seconds=4").TextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hello.py")]
    [InlineData("Hello.cs")]
    [InlineData("hello.js")]
    public async Task An_idle_instance_is_frozen_and_answers_again_without_a_cold_start(string file)
    {
        var name = TestFunctions.NewName("frozen");
        await Platform.DeployAsync(name, file);
        for (var round = 0; round < 3; round++)
        {
            await FrozenAsync(name);
            Assert.Equal("frozen", (await Admin.DescribeAsync(name)).Summary.State);
            using var response = await Platform.CallAsync(name);
            Assert.Equal("hello", await response.Content.ReadAsStringAsync(Stop));
            Assert.Equal(0, response.Timing("cold"));
        }

        Assert.Contains(await DecisionsAsync(name), decision => decision.Action == "thawed 1");
    }

    [Fact]
    public async Task A_function_that_must_not_be_frozen_goes_on_working_between_its_invocations()
    {
        var name = TestFunctions.NewName("awake");
        await Platform.DeployAsync(name, "counting.py", spec => spec with { Freeze = false });
        var frozen = TestFunctions.NewName("asleep");
        await Platform.DeployAsync(frozen, "counting.py");
        var before = long.Parse(await Platform.CallAsync(name).TextAsync(), System.Globalization.CultureInfo.InvariantCulture);
        await Platform.CallAsync(frozen).TextAsync();
        await FrozenAsync(frozen);

        // By the time the other one is frozen this one has counted on, with nobody calling it.
        var after = long.Parse(await Platform.CallAsync(name).TextAsync(), System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(after > before + 10, $"{before}, then {after}");
        Assert.NotEqual("frozen", Assert.Single((await Admin.DescribeAsync(name)).Instances).State);
    }

    [Fact]
    public async Task While_it_is_used_a_function_keeps_its_active_minimum_and_none_when_its_keep_alive_is_over()
    {
        var name = TestFunctions.NewName("active");
        await Platform.DeployAsync(name, "hello.py", spec => spec with { MinActive = 2, KeepAlive = TimeSpan.FromSeconds(3) });
        for (var round = 0; round < 2; round++)
        {
            await Admin.InstancesAsync(name, 0);
            await Platform.CallAsync(name).TextAsync();
            await Admin.InstancesAsync(name, 2);
        }
    }

    [Fact]
    public async Task In_a_warm_window_instances_are_there_without_a_call()
    {
        var name = TestFunctions.NewName("window");
        await Platform.DeployAsync(name, "hello.py", spec => spec with
        {
            KeepAlive = TimeSpan.FromSeconds(1),
            Warm = [new WarmWindow { Cron = "* * * * *", For = TimeSpan.FromHours(1), TimeZone = "Europe/Berlin", Instances = 2 }],
        });
        await Admin.InstancesAsync(name, 2);
        Assert.Contains(await DecisionsAsync(name), decision => decision.Reason.Contains("warm window", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Describe_tells_what_the_scaler_did_and_why()
    {
        var name = TestFunctions.NewName("told");
        await Platform.DeployAsync(name, "hello.py", spec => spec with { KeepAlive = TimeSpan.FromSeconds(1) });
        await Admin.InstancesAsync(name, 0);
        await Platform.CallAsync(name).TextAsync();
        var described = await Admin.DescribeAsync(name);
        Assert.Contains(described.Decisions, decision => decision is { Action: "started 1", Reason: "1 waiting, and nothing ran" });
        Assert.Contains(described.Decisions, decision => decision.Action == "stopped 1");
        Assert.NotNull(described.Summary.Load.LastDecision);
        Assert.Contains("1 s", described.KeepAlive, StringComparison.Ordinal);
    }

    private async Task<IReadOnlyList<ScalingDecision>> DecisionsAsync(string name) => (await Admin.DescribeAsync(name)).Decisions;

    private Task FrozenAsync(string name) =>
        Eventually.HoldsAsync($"{name} is frozen", async () => (await Admin.DescribeAsync(name)).Instances is { Count: > 0 } all && all.All(instance => instance.State == "frozen"));

    private static string? InstanceOf(string answer) => JsonDocument.Parse(answer).RootElement.GetProperty("instance").GetString();
}

/// <summary>In processes.</summary>
[Collection("process")]
public sealed class ScaleInProcesses(ProcessPlatform platform) : ScaleTests(platform);

/// <summary>In containers.</summary>
[Collection("docker")]
public sealed class ScaleInContainers(DockerPlatform platform) : ScaleTests(platform);
