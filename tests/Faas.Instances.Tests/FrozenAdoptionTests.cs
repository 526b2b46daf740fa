namespace Faas.Instances.Tests;

/// <summary>A controller was killed and has left frozen instances behind.</summary>
public sealed class FrozenAdoptionTests(RuntimesFixture runtimes)
{
    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_frozen_instance_is_adopted_and_answers(string sandbox)
    {
        var first = await StartAsync(sandbox);
        var instance = await first.RunningPythonAsync(FreezeTests.Busy);
        Assert.True(await FreezeTests.FreezeAsync(first, instance));
        await using (var second = await first.SuccessorAsync())
        {
            var adopted = Assert.Single(await second.Host.AdoptAsync(_ => true, TestContext.Current.CancellationToken));
            Assert.True(await FreezeTests.CountAsync(adopted.Instance) > 0);
            Assert.True(await FreezeTests.FreezeAsync(second, adopted.Instance));
        }

        await LifetimeTests.AssertNothingLeftAsync(first, sandbox);
        await first.DisposeAsync();
    }

    [Theory]
    [InlineData("process", "process")]
    [InlineData("process", "docker")]
    [InlineData("docker", "docker")]
    [InlineData("docker", "process")]
    public async Task Frozen_orphans_are_removed_those_of_the_other_sandbox_too(string sandbox, string later)
    {
        Docker.SkipUnlessPossible(later);
        var first = await StartAsync(sandbox);
        Assert.True(await FreezeTests.FreezeAsync(first, await first.RunningPythonAsync(FreezeTests.Busy)));
        Assert.True(await FreezeTests.FreezeAsync(first, await first.RunningPythonAsync(FreezeTests.Busy)));
        first.Options.Sandbox = later;
        await using (var second = await first.SuccessorAsync())
        {
            var adoption = second.Host.AdoptAsync(_ => false, TestContext.Current.CancellationToken);
            Assert.Empty(await adoption.WaitAsync(TestHost.Patience, TestContext.Current.CancellationToken));
            await LifetimeTests.AssertNothingLeftAsync(first, sandbox);
        }

        await first.DisposeAsync();
    }

    private Task<TestHost> StartAsync(string sandbox)
    {
        FreezeTests.SkipUnlessFreezable();
        return TestHost.StartAsync(sandbox, runtimes);
    }
}
