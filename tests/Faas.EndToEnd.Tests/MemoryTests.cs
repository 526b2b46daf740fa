using System.Net;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>A machine that is too small for everybody at once: 256 MiB for instances of 128 MiB. Each test has a platform of its own.</summary>
public abstract class MemoryTests(string sandbox)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_idle_makes_room_for_what_is_called()
    {
        await using var platform = await StartAsync();
        for (var round = 0; round < 2; round++)
        {
            foreach (var name in new[] { "a", "b", "c", "d" })
            {
                if (round == 0)
                {
                    await DeployAsync(platform, name);
                }

                Assert.Contains("instance", await platform.CallAsync($"{name}/ok").TextAsync(), StringComparison.Ordinal);
                Assert.InRange((await platform.Admin.ListAsync()).Sum(function => function.Instances), 1, 2);
            }
        }

        var decisions = new List<string>();
        foreach (var name in new[] { "a", "b", "c", "d" })
        {
            decisions.AddRange((await platform.Admin.DescribeAsync(name)).Decisions.Select(decision => decision.Reason));
        }

        Assert.Contains(decisions, reason => reason.Contains("its memory is needed by", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nobody_starves_while_others_never_pause()
    {
        await using var platform = await StartAsync();
        foreach (var name in new[] { "greedy", "busy", "late" })
        {
            await DeployAsync(platform, name);
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var load = Enumerable.Range(0, 8).Select(i => KeepCallingAsync(platform, i < 6 ? "greedy" : "busy", enough.Token)).ToList();
        for (var i = 0; i < 5; i++)
        {
            Assert.Contains("instance", await platform.CallAsync("late/slow?seconds=0.05").TextAsync(), StringComparison.Ordinal);
        }

        await enough.CancelAsync();
        var answered = await Task.WhenAll(load);
        Assert.All(answered, count => Assert.True(count > 0, "somebody got nothing"));
        Assert.InRange((await platform.Admin.ListAsync()).Sum(function => function.Instances), 1, 2);
    }

    [Fact]
    public async Task What_never_fits_is_refused_when_it_is_deployed_and_says_what_to_do()
    {
        await using var platform = await StartAsync();
        var (spec, bundle) = TestFunctions.From("big", "hello.py");
        var (_, problem) = await platform.Admin.TryDeployAsync(spec with { MemoryMiB = 512 }, bundle);
        Assert.Equal((int)HttpStatusCode.UnprocessableEntity, problem!.Status);
        Assert.Contains("512 MiB", problem.Detail, StringComparison.Ordinal);
        Assert.Contains("256 MiB", problem.Detail, StringComparison.Ordinal);
    }

    private static async Task<int> KeepCallingAsync(Platform platform, string name, CancellationToken until)
    {
        var answered = 0;
        while (!until.IsCancellationRequested)
        {
            Assert.Contains("instance", await platform.CallAsync($"{name}/slow?seconds=0.05").TextAsync(), StringComparison.Ordinal);
            answered++;
        }

        return answered;
    }

    private static Task DeployAsync(Platform platform, string name) => platform.DeployAsync(name, "trouble.py", spec => spec with { MemoryMiB = 128 });

    private Task<Platform> StartAsync() => Platform.StartAsync(new PlatformOptions
    {
        Sandbox = sandbox,
        Environment = new Dictionary<string, string> { ["Faas__Machine__MemoryMiB"] = "256" },
    });
}

/// <summary>In processes.</summary>
public sealed class MemoryOfProcesses() : MemoryTests("process");

/// <summary>In containers.</summary>
public sealed class MemoryOfContainers() : MemoryTests("docker");
