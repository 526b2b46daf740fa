using Faas.Gateway.Activation;
using Faas.Gateway.Routing;
using Faas.Gateway.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.Activation;

/// <summary>What a gate makes of how long a function ran by its worker's own clock: without what the worker waited for to be woken.</summary>
public sealed class WorkerClockTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Gate _gate;
    private readonly FunctionRoute _route;
    private readonly Instance _instance;

    public WorkerClockTests()
    {
        _gate = new GateTable(new RecordedEvents(), _clock).GateOf("r1");
        _route = new FunctionRoute(Say.Route().Route, _gate);
        _instance = new Instance("a", _gate, 1, new InstanceEndpoint("/nowhere", ""), _clock.GetTimestamp());
        _gate.Add(_instance);
    }

    [Fact]
    public async Task A_function_is_as_quick_as_its_worker_says_however_late_that_was_woken()
    {
        await RunAsync(gatewayMs: 20, workerMs: 0.25);
        await AcquireAsync();

        Assert.Same(_instance, (await AcquireAsync()).Instance);
    }

    [Fact]
    public async Task A_function_is_not_quick_when_its_worker_says_so()
    {
        await RunAsync(gatewayMs: 20, workerMs: 19);
        await AcquireAsync();

        Assert.False(AcquireAsync().IsCompleted);
    }

    [Fact]
    public async Task It_stays_quick_when_in_every_third_run_the_worker_loses_its_core()
    {
        for (var i = 0; i < 100; i++)
        {
            await RunAsync(gatewayMs: 20, workerMs: 0.05, runs: 2);
            await RunAsync(gatewayMs: 40, workerMs: 30, runs: 1);
        }

        await AcquireAsync();
        Assert.Same(_instance, (await AcquireAsync()).Instance);
    }

    [Fact]
    public async Task What_was_sent_ahead_is_taken_back_after_five_milliseconds_and_later_where_instances_wait_long_for_a_core()
    {
        await RunAsync(gatewayMs: 0.3, workerMs: 0.25);
        Assert.Equal(5, _gate.HeldUpAfter.TotalMilliseconds);

        await RunAsync(gatewayMs: 8.25, workerMs: 0.25, runs: 200);
        Assert.InRange(_gate.HeldUpAfter.TotalMilliseconds, 31, 32);

        await RunAsync(gatewayMs: 1000, workerMs: 0.25, runs: 200);
        Assert.Equal(50, _gate.HeldUpAfter.TotalMilliseconds);

        await RunAsync(gatewayMs: 0.3, workerMs: 0.25, runs: 400);
        Assert.Equal(5, _gate.HeldUpAfter.TotalMilliseconds);
    }

    private async Task RunAsync(double gatewayMs, double workerMs, int runs = 32)
    {
        for (var i = 0; i < runs; i++)
        {
            await AcquireAsync();
            _gate.Release(_instance, gatewayMs, workerMs: workerMs);
        }
    }

    private Task<Acquisition> AcquireAsync() =>
        _gate.AcquireAsync(new SlotWish(_route, _clock.GetTimestamp()) { MayGoAhead = true }, CancellationToken.None).AsTask();
}
