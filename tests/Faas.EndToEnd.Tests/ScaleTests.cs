using System.Text.Json;
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

            using var warm = await Platform.CallAsync(name);
            Assert.Equal(0, warm.Timing("cold"));
        }
    }

    [Fact]
    public async Task Minimum_instances_are_there_before_anybody_calls()
    {
        var name = TestFunctions.NewName("min");
        await Platform.DeployAsync(name, "hello.py", spec => spec with { MinInstances = 2, KeepAlive = TimeSpan.FromSeconds(1) });
        await Eventually.HoldsAsync("two ready", async () => (await Admin.DescribeAsync(name)).Instances.Count(instance => instance.State == "ready") == 2);
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

    private static string? InstanceOf(string answer) => JsonDocument.Parse(answer).RootElement.GetProperty("instance").GetString();
}

/// <summary>In processes.</summary>
[Collection("process")]
public sealed class ScaleInProcesses(ProcessPlatform platform) : ScaleTests(platform);

/// <summary>In containers.</summary>
[Collection("docker")]
public sealed class ScaleInContainers(DockerPlatform platform) : ScaleTests(platform);
