using Faas.Controller.Scaling;

namespace Faas.Controller.Tests.Scaling;

/// <summary>A machine with room for two instances of 128 MiB.</summary>
public sealed class MemoryRoomTests
{
    private readonly FleetFixture _fleet = new(memoryMiB: 256);

    [Fact]
    public void What_does_not_fit_is_not_started_and_those_who_wait_are_told_why()
    {
        Busy("a");
        Busy("b");
        var late = _fleet.Deploy("late");
        _fleet.Wait(late, 1);
        Assert.Empty(_fleet.Activations);
        var held = Assert.Single(_fleet.Sent(), message => message.ActivationHeld is not null).ActivationHeld;
        Assert.Equal("late-r1", held.Revision);
        Assert.Contains("256 of 256 MiB", held.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void The_idle_instance_whose_loss_costs_least_is_stopped_for_it()
    {
        var (dear, _) = _fleet.Running("dear");
        var (_, cheap) = _fleet.Running("cheap");
        for (var i = 0; i < 10; i++)
        {
            _fleet.Use(dear, dear.Instances.Keys.First());
        }

        var late = _fleet.Deploy("late");
        _fleet.Wait(late, 1);
        Assert.Equal(cheap, Assert.Single(_fleet.Sent(), message => message.Drain is not null).Drain.Instance);
        Assert.Empty(_fleet.Activations);

        // Its memory is free only when it is gone.
        _fleet.Parts.FromGateway.OnDrained(cheap);
        Assert.Empty(_fleet.Activations);
        _fleet.Parts.FromHost.Stopped(_fleet.Parts.Table.ServingPool("cheap")!, cheap);
        Assert.Same(late, Assert.Single(_fleet.Activations).Pool);
    }

    [Fact]
    public void An_instance_that_got_busy_before_it_was_evicted_stays_and_another_way_is_found()
    {
        var (_, a) = _fleet.Running("a");
        var (_, b) = _fleet.Running("b");
        var late = _fleet.Deploy("late");
        _fleet.Wait(late, 1);
        var first = Assert.Single(_fleet.Sent(), message => message.Drain is not null).Drain.Instance;
        var (pool, instance) = _fleet.Parts.Table.Find(first)!.Value;
        instance.InFlight = 1;
        pool.Load = pool.Load with { InFlight = 1 };
        _fleet.Parts.FromGateway.OnDrainRefused(first);
        Assert.Equal("busy", instance.State);

        _fleet.Pass(TimeSpan.FromMilliseconds(250));
        Assert.Equal(first == a ? b : a, Assert.Single(_fleet.Sent(), message => message.Drain is not null).Drain.Instance);
    }

    [Fact]
    public void Who_has_two_busy_instances_gives_one_to_who_has_none()
    {
        var rich = Busy("rich");
        _fleet.Wait(rich, 5, slots: 1, inFlight: 1, runMs: 1000);
        var second = _fleet.Succeed();
        rich.Instances[second].InFlight = 1;
        _fleet.Sent();

        var poor = _fleet.Deploy("poor");
        _fleet.Wait(poor, 1);
        var drain = Assert.Single(_fleet.Sent(), message => message.Drain is not null).Drain;
        Assert.False(drain.OnlyIfIdle);
        _fleet.Parts.FromGateway.OnDrained(drain.Instance);
        _fleet.Parts.FromHost.Stopped(rich, drain.Instance);
        Assert.Same(poor, Assert.Single(_fleet.Activations).Pool);
    }

    [Fact]
    public void With_one_busy_instance_each_who_waits_gets_a_turn_after_a_second()
    {
        Busy("a");
        Busy("b");
        var late = _fleet.Deploy("late");
        _fleet.Wait(late, 1);
        _fleet.Pass(TimeSpan.FromSeconds(0.9));
        Assert.DoesNotContain(_fleet.Sent(), message => message.Drain is not null);
        _fleet.Pass(TimeSpan.FromSeconds(0.3));
        Assert.Single(_fleet.Sent(), message => message.Drain is { OnlyIfIdle: false });
    }

    [Fact]
    public void What_can_never_fit_fails_at_once()
    {
        var big = _fleet.Deploy("big", spec => spec with { MemoryMiB = 512 });
        _fleet.Wait(big, 1);
        Assert.Contains("512 MiB", Assert.Single(_fleet.Sent(), message => message.ActivationFailed is not null).ActivationFailed.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deployment_gets_memory_before_anybody_else_and_gives_it_back()
    {
        var (_, a) = _fleet.Running("a");
        Busy("b");
        var reserving = _fleet.Parts.Fleet.ReserveAsync(128, TestContext.Current.CancellationToken);
        Assert.False(reserving.IsCompleted);
        Assert.Equal(a, Assert.Single(_fleet.Sent(), message => message.Drain is not null).Drain.Instance);
        _fleet.Parts.FromGateway.OnDrained(a);
        _fleet.Parts.FromHost.Stopped(_fleet.Parts.Table.ServingPool("a")!, a);
        var reserved = await reserving;
        Assert.Equal(256, _fleet.Parts.Fleet.Memory.UsedMiB);
        reserved.Dispose();
        reserved.Dispose();
        Assert.Equal(128, _fleet.Parts.Fleet.Memory.UsedMiB);
    }

    [Fact]
    public async Task A_deployment_that_gives_up_waiting_blocks_nobody()
    {
        var busy = Busy("a");
        Busy("b");
        using var cancel = new CancellationTokenSource();
        var reserving = _fleet.Parts.Fleet.ReserveAsync(128, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reserving);

        var late = _fleet.Deploy("late");
        _fleet.Wait(late, 1);
        _fleet.Parts.FromHost.Exited(busy.Instances.Keys.Single(), "a-r1", Contracts.Invocations.InvocationError.Crashed, "exit code 1");
        Assert.Same(late, Assert.Single(_fleet.Activations).Pool);
    }

    [Fact]
    public void A_machine_that_is_short_of_memory_loses_an_idle_instance_a_second_and_no_busy_one()
    {
        var (_, idle) = _fleet.Running("idle");
        Busy("busy");
        _fleet.Available = 100;
        _fleet.Pass(TimeSpan.FromSeconds(3));
        Assert.Equal(idle, Assert.Single(_fleet.Sent(), message => message.Drain is not null).Drain.Instance);
    }

    [Fact]
    public void A_minimum_is_not_evicted_for_others()
    {
        _fleet.Deploy("kept", spec => spec with { MinInstances = 2 });
        _fleet.Pass(TimeSpan.FromSeconds(1));
        _fleet.Succeed();
        _fleet.Succeed();
        var late = _fleet.Deploy("late");
        _fleet.Sent();
        _fleet.Wait(late, 1);
        Assert.DoesNotContain(_fleet.Sent(), message => message.Drain is { OnlyIfIdle: true });
    }

    private RevisionPool Busy(string name)
    {
        var (pool, id) = _fleet.Running(name);
        pool.Instances[id].InFlight = 1;
        pool.Load = pool.Load with { InFlight = 1 };
        return pool;
    }
}
