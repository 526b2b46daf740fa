using Faas.Contracts.Invocations;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>Asynchronous invocations where accepted events are in Redis.</summary>
[Collection("redis")]
public sealed class AsyncOnRedis(RedisPlatform platform) : AsyncTests(platform)
{
    [Fact]
    public async Task Events_run_although_their_redis_and_the_controller_are_killed_together()
    {
        var name = TestFunctions.NewName("killed");
        await Platform.DeployAsync(name, "trouble.py", spec => spec with { MaxInstances = 1 });
        var ids = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => Platform.AcceptAsync(name, "/slow?seconds=0.05")));
        var controller = await Platform.ControllerAsync();
        await platform.Server.KillAsync();
        ProcessTable.Signal(controller, ProcessTable.SigKill);
        await platform.Server.StartAsync();
        await Eventually.HoldsAsync("the next controller", async () =>
        {
            try
            {
                return (await Admin.ListAsync()).Count > 0;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        foreach (var id in ids)
        {
            var ended = await Admin.EndedAsync(id);
            Assert.Equal(InvocationState.Succeeded, ended.State);
            Assert.All(ended.History.SkipLast(1), attempt => Assert.True(attempt.IsCut));
            await Admin.RecordAsync(id);
        }

        Assert.Equal(ids.Length, (await Admin.InvocationsAsync($"function={name}&limit=1000")).Count);   // none twice
    }

    [Fact]
    public async Task Events_of_a_function_whose_budget_is_spent_wait_until_it_is_raised()
    {
        var name = TestFunctions.NewName("spent");
        await Platform.DeployAsync(name, "hello.py");
        await BudgetAsync(name, "0.0000001");   // less than one invocation costs
        await Platform.CallAsync(name).TextAsync();
        await Eventually.HoldsAsync("it is refused", async () =>
        {
            using var answer = await Platform.CallAsync(name);
            return answer.StatusCode == System.Net.HttpStatusCode.TooManyRequests;
        });
        var ids = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Platform.AcceptAsync(name, "/")));
        Assert.Equal(Enumerable.Repeat(InvocationState.Queued, 5), await Task.WhenAll(ids.Select(async id => (await Admin.InvocationAsync(id)).State)));
        await BudgetAsync(name, "1");
        foreach (var id in ids)
        {
            var ended = await Admin.EndedAsync(id);
            Assert.Equal((InvocationState.Succeeded, 1), (ended.State, ended.Attempts));
        }
    }

    private async Task BudgetAsync(string name, string amount)
    {
        var result = await Platform.RunCliAsync("budget", "set", name, "--amount", amount);
        Assert.True(result.ExitCode == 0, result.Errors);
    }
}
