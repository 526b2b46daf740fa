using Faas.Contracts.Functions;

namespace Faas.Instances.Tests;

public sealed class StemPoolTests(RuntimesFixture runtimes)
{
    private static readonly StemKey Key = new(Contracts.Functions.Runtimes.Python, 128, NetworkKind.None);

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task Stems_are_kept_for_demand_taken_replaced_and_given_up(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes, ByDemand);
        Demand(test, 5);
        await Ready(test, 8);   // what is kept where nothing is known

        var result = await test.PythonAsync("def handler(e, c): return 1");
        Assert.True(result.Phases.FromStem);
        await WorkerCall.InvokeAsync(TestHost.Succeeded(result));
        await Ready(test, 8);

        Demand(test, 0);
        await Ready(test, 0);
        await test.Host.KillAsync(result.Instance!.Id, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_stem_that_dies_is_replaced()
    {
        await using var test = await TestHost.StartAsync("process", runtimes, ByDemand);
        Demand(test, 1);
        await Ready(test, 8);
        var folder = Directory.EnumerateDirectories(test.InstancesFolder).First();
        var identity = Drivers.Processes.ProcessIdentity.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "pid"), TestContext.Current.CancellationToken))!.Value;
        identity.KillTree();
        await test.Events.UntilAsync(() => test.Host.StemCounts().GetValueOrDefault("python") == 7);
        await Ready(test, 8);
        Assert.DoesNotContain(folder, Directory.EnumerateDirectories(test.InstancesFolder));
    }

    [Fact]
    public async Task Twenty_activations_at_once_get_twenty_instances()
    {
        await using var test = await TestHost.StartAsync("process", runtimes, ByDemand);
        Demand(test, 3);
        await Ready(test, 8);
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => test.PythonAsync("def handler(e, c): return 1")));
        Assert.Equal(20, results.Select(r => TestHost.Succeeded(r).Socket).Distinct().Count());
        await Task.WhenAll(results.Select(r => WorkerCall.InvokeAsync(r.Instance!)));
        await Ready(test, 16);   // the next twenty find the most that are kept
    }

    private static void ByDemand(InstanceOptions options) => options.StemsPerKey = null;

    private static void Demand(TestHost test, int functions) => test.Host.SetStemDemand(new Dictionary<StemKey, int> { [Key] = functions });

    private static Task Ready(TestHost test, int stems) => test.Events.UntilAsync(() => test.Host.StemCounts().GetValueOrDefault("python") == stems);
}
