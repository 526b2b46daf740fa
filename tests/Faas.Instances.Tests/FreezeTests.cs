using Faas.Contracts.Invocations;

namespace Faas.Instances.Tests;

public sealed class FreezeTests(RuntimesFixture runtimes)
{
    /// <summary>Works in the background without end, and answers how far that has come.</summary>
    internal const string Busy = """
        import threading
        n = 0
        def count():
            global n
            while True: n += 1
        def handler(event, context): return n
        threading.Thread(target=count, daemon=True).start()
        """;

    private const string Nap = "import time\ndef handler(event, context): time.sleep(0.1)";

    /// <summary>So long that a frozen instance which is asked and never thawed would fail the test.</summary>
    private static readonly TimeSpan LongGrace = 3 * TestHost.Patience;

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_frozen_instance_uses_no_cpu_and_answers_when_it_is_thawed(string sandbox)
    {
        await using var test = await StartAsync(sandbox);
        var (busy, other) = (await test.RunningPythonAsync(Busy), await test.RunningPythonAsync(Nap));
        var counted = await CountAsync(busy);
        await WorkerCall.InvokeAsync(other);
        Assert.True(await CountAsync(busy) > counted);

        Assert.True(await FreezeAsync(test, busy));
        var used = test.Host.CpuOf(busy.Id);
        var answer = CountAsync(busy);
        await WorkerCall.InvokeAsync(other);   // a tenth of a second in which the rest of the world goes on
        Assert.Equal(used, test.Host.CpuOf(busy.Id));
        Assert.False(answer.IsCompleted);

        Assert.True(await ThawAsync(test, busy));
        Assert.True(await answer > counted);
        Assert.True(test.Host.CpuOf(busy.Id) > used);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task Freezing_and_thawing_twice_is_as_once_and_an_idle_instance_is_none_the_worse(string sandbox)
    {
        await using var test = await StartAsync(sandbox);
        var instance = await test.RunningPythonAsync("n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n");
        Assert.True(await ThawAsync(test, instance));
        for (var round = 1; round <= 20; round++)
        {
            Assert.True(await FreezeAsync(test, instance));
            Assert.True(await FreezeAsync(test, instance));
            Assert.True(await ThawAsync(test, instance));
            Assert.True(await ThawAsync(test, instance));
            Assert.Equal(round, await CountAsync(instance));
        }

        Assert.Empty(test.Events.Exits);
    }

    [Fact]
    public async Task An_instance_is_not_frozen_before_its_last_lines_are_reported()
    {
        await using var test = await StartAsync("process");
        var instance = await test.RunningPythonAsync("def handler(event, context):\n    for n in range(10_000): print('x' * 100)\n    print('the last line')");
        test.Events.TakesLines.Reset();
        await WorkerCall.InvokeAsync(instance);
        Assert.True(await test.Events.LineWaits.WaitAsync(TestHost.Patience, TestContext.Current.CancellationToken));
        Assert.False(await FreezeAsync(test, instance));

        test.Events.TakesLines.Set();
        await test.Events.UntilAsync(() => test.Events.Lines.LastOrDefault()?.Text == "the last line");
        await FreezeUntilTakenAsync(test, instance).WaitAsync(TestHost.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Unknown_and_ended_instances_cannot_be_frozen_or_thawed_or_measured()
    {
        await using var test = await StartAsync("process");
        var instance = await test.RunningPythonAsync(Nap);
        await test.Host.StopAsync(instance.Id, LongGrace, TestContext.Current.CancellationToken);
        foreach (var absent in new[] { instance, instance with { Id = "never-heard-of" } })
        {
            Assert.False(await FreezeAsync(test, absent));
            Assert.False(await ThawAsync(test, absent));
            Assert.Null(test.Host.MemoryOf(absent.Id));
            Assert.Null(test.Host.CpuOf(absent.Id));
        }
    }

    [Theory]
    [InlineData("process", false)]
    [InlineData("process", true)]
    [InlineData("docker", false)]
    [InlineData("docker", true)]
    public async Task A_frozen_instance_is_stopped_and_killed_like_any_other(string sandbox, bool kill)
    {
        await using var test = await StartAsync(sandbox);
        var instance = await test.RunningPythonAsync(Nap);
        Assert.True(await FreezeAsync(test, instance));
        await EndAsync(test, instance, kill);
        await LifetimeTests.AssertNothingLeftAsync(test, sandbox);
        Assert.Empty(test.Events.Exits);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task Disposing_a_host_with_frozen_instances_leaves_nothing_behind(string sandbox)
    {
        var test = await StartAsync(sandbox);
        await using (test)
        {
            Assert.True(await FreezeAsync(test, await test.RunningPythonAsync(Nap)));
            Assert.True(await FreezeAsync(test, await test.RunningPythonAsync(Busy)));
        }

        await LifetimeTests.AssertNothingLeftAsync(test, sandbox);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task Killed_while_frozen_it_is_reported_once_it_is_thawed(string sandbox)
    {
        await using var test = await StartAsync(sandbox);
        var instance = await test.RunningPythonAsync(Nap);
        var pid = await LifetimeTests.PidAsync(test, sandbox, instance);
        Assert.True(await FreezeAsync(test, instance));
        Posix.Signal(pid, Posix.SigKill);
        await ThawAsync(test, instance);   // false on control groups version 2, where it could die at once
        var exit = await test.Events.ExitOf(instance.Id);
        Assert.Equal(InvocationError.Crashed, exit.Error);
        Assert.Contains("signal 9", exit.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("process", 30)]
    [InlineData("docker", 10)]
    public async Task Freezing_while_it_is_ended_never_leaves_it_frozen(string sandbox, int rounds)
    {
        await using var test = await StartAsync(sandbox);
        for (var round = 0; round < rounds; round++)
        {
            var instance = await test.RunningPythonAsync(round % 3 == 0 ? Busy : Nap);
            var freezing = Task.WhenAll(FreezeUntilRefusedAsync(test, instance), FreezeUntilRefusedAsync(test, instance));
            await EndAsync(test, instance, kill: round % 2 == 0);
            await freezing.WaitAsync(TestHost.Patience, TestContext.Current.CancellationToken);
        }

        await LifetimeTests.AssertNothingLeftAsync(test, sandbox);
        Assert.Empty(test.Events.Exits);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task Memory_and_cpu_are_what_the_function_uses(string sandbox)
    {
        await using var test = await StartAsync(sandbox);
        var instance = await test.RunningPythonAsync("""
            import time
            kept = []
            def handler(event, context):
                kept.append(bytearray(b'x' * (40 << 20)))
                until = time.process_time() + 0.3
                while time.process_time() < until: pass
            """);
        var (memory, cpu) = (test.Host.MemoryOf(instance.Id)!.Value, test.Host.CpuOf(instance.Id)!.Value);
        Assert.InRange(memory, 1 << 20, 60 << 20);
        await WorkerCall.InvokeAsync(instance);
        Assert.InRange(test.Host.MemoryOf(instance.Id)!.Value - memory, 39 << 20, 60 << 20);
        Assert.InRange(test.Host.CpuOf(instance.Id)!.Value - cpu, TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(2));
    }

    internal static Task<bool> FreezeAsync(TestHost test, InstanceHandle instance) => test.Host.FreezeAsync(instance.Id, TestContext.Current.CancellationToken);

    internal static async Task<long> CountAsync(InstanceHandle instance) =>
        long.Parse(await WorkerCall.InvokeAsync(instance), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Skips where nobody can freeze; there only, so that a host which fails to see that it can is noticed.</summary>
    internal static void SkipUnlessFreezable() =>
        Assert.SkipUnless(Posix.IsRoot && (Drivers.ControlGroup.IsV2 || Directory.Exists("/sys/fs/cgroup/freezer")), "freezing takes root and the kernel's freezer");

    private static Task<bool> ThawAsync(TestHost test, InstanceHandle instance) => test.Host.ThawAsync(instance.Id, TestContext.Current.CancellationToken);

    private static Task EndAsync(TestHost test, InstanceHandle instance, bool kill) =>
        (kill ? test.Host.KillAsync(instance.Id, TestContext.Current.CancellationToken) : test.Host.StopAsync(instance.Id, LongGrace, TestContext.Current.CancellationToken))
        .WaitAsync(TestHost.Patience);

    private static Task FreezeUntilRefusedAsync(TestHost test, InstanceHandle instance) => Task.Run(async () =>
    {
        while (await FreezeAsync(test, instance))
        {
            // And again, until its end has begun.
        }
    });

    /// <summary>What was reported counts as heard only when it has been returned from.</summary>
    private static Task FreezeUntilTakenAsync(TestHost test, InstanceHandle instance) => Task.Run(async () =>
    {
        while (!await FreezeAsync(test, instance))
        {
            // And again, until its reader has returned.
        }
    });

    private async Task<TestHost> StartAsync(string sandbox)
    {
        SkipUnlessFreezable();
        var test = await TestHost.StartAsync(sandbox, runtimes);
        Assert.True(test.Host.CanFreeze);
        return test;
    }
}
