using Faas.Contracts.Functions;
using Faas.Instances.Stems;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

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
        await Ready(test, 8);   // what is expected to be used after a deployment

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

    [Fact]
    public async Task An_activation_that_finds_no_stem_takes_the_one_that_is_being_made()
    {
        await using var test = await TestHost.StartAsync("process", runtimes, options => options.StemsPerKey = 1);
        var first = await FirstOfAsync(test);
        var instance = await test.RunningPythonAsync("def handler(e, c): return 1");
        Assert.StartsWith(first + "/", instance.Socket, StringComparison.Ordinal);
        await Ready(test, 1);   // and its successor
    }

    [Fact]
    public async Task A_stem_that_was_claimed_by_somebody_who_gave_up_waits_for_the_next()
    {
        await using var test = await TestHost.StartAsync("process", runtimes, options => options.StemsPerKey = 1);
        var first = await FirstOfAsync(test);
        using var giveUp = new CancellationTokenSource();
        var request = new ActivationRequest
        {
            InstanceId = "i1", Revision = "hello-1", CodeFolder = "", IsUrgent = false,
            Spec = new FunctionSpec { Name = "hello", Runtime = Key.Runtime, MemoryMiB = Key.MemoryMiB, Network = Key.Network },
        };
        var activation = test.Host.ActivateAsync(request, giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => activation);
        await Ready(test, 1);
        Assert.Equal([first], Directory.EnumerateDirectories(test.InstancesFolder));
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_stem_runs_only_when_the_cores_have_nothing_else_to_do_until_it_is_used(string sandbox)
    {
        Docker.SkipUnlessLimited(sandbox);
        await using var test = await TestHost.StartAsync(sandbox, runtimes, options => options.StemsPerKey = 1);
        Assert.SkipUnless(Posix.IsRoot && Directory.EnumerateFiles(CpuRoot, "cpu.idle", SearchOption.AllDirectories).Any(), "this kernel does not know idle control groups");
        Demand(test, 1);
        await Ready(test, 1);
        var stem = sandbox == "docker" ? (await Docker.ContainersOfAsync(test.InstancesFolder)).Single() : Path.GetFileName(Directory.EnumerateDirectories(test.InstancesFolder).Single());
        Assert.Equal("1", IdleOf(stem));
        await test.RunningPythonAsync("def handler(e, c): return 1");
        Assert.Equal("0", IdleOf(stem));
    }

    [Fact]
    public async Task While_callers_wait_no_stem_is_made_ahead_unless_there_has_been_none_for_three_seconds()
    {
        var time = new FakeTimeProvider();
        var began = time.GetUtcNow();
        var started = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var pools = new StemPools(
            (_, _, cancellationToken) =>
            {
                started.TrySetResult(time.GetUtcNow() - began);
                return Task.FromException<LiveSandbox>(new OperationCanceledException(cancellationToken));
            },
            new InstanceOptions { StemsPerKey = 1 }, new RecordedEvents(), NullLogger.Instance, time);
        pools.Hold();
        pools.SetDeployed(new Dictionary<StemKey, int> { [Key] = 1 });
        for (var i = 0; i < 40; i++)
        {
            pools.Hold();
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(await started.Task.WaitAsync(TestHost.Patience, TestContext.Current.CancellationToken), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4));
    }

    /// <summary>The hierarchy in which cores are shared out.</summary>
    private static string CpuRoot => Drivers.ControlGroup.IsV2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";

    private static string IdleOf(string id) => File.ReadAllText(Path.Combine(Directory.EnumerateDirectories(CpuRoot, id + "*", SearchOption.AllDirectories).Single(), "cpu.idle")).Trim();

    /// <summary>Has stems made, and gives the folder of the first one, which is not ready yet or just so.</summary>
    private static async Task<string> FirstOfAsync(TestHost test)
    {
        using var watcher = new FileSystemWatcher(test.InstancesFolder);
        var created = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Created += (_, e) => created.TrySetResult(e.FullPath);
        watcher.EnableRaisingEvents = true;
        Demand(test, 1);
        return await created.Task.WaitAsync(TestHost.Patience);
    }

    private static void ByDemand(InstanceOptions options) => options.StemsPerKey = null;

    private static void Demand(TestHost test, int functions) => test.Host.SetStemDemand(new Dictionary<StemKey, int> { [Key] = functions });

    private static Task Ready(TestHost test, int stems) => test.Events.UntilAsync(() => test.Host.StemCounts().GetValueOrDefault("python") == stems);
}
