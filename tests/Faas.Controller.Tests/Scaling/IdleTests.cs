using Faas.Controller.Scaling;

namespace Faas.Controller.Tests.Scaling;

/// <summary>What becomes of instances that nobody uses.</summary>
public sealed class IdleTests
{
    private readonly FleetFixture _fleet = new() { CanFreeze = false };

    [Fact]
    public void A_function_whose_pauses_are_not_known_keeps_its_instance_for_ten_minutes()
    {
        var (_, id) = _fleet.Running("f");
        _fleet.Pass(TimeSpan.FromMinutes(9.5));
        Assert.DoesNotContain(_fleet.Sent(), message => message.Drain is not null);
        _fleet.Pass(TimeSpan.FromMinutes(1));
        Assert.Contains(_fleet.Sent(), message => message.Drain?.Instance == id);
    }

    [Fact]
    public void A_function_that_is_called_every_hour_is_stopped_in_between_and_there_before_the_next_call()
    {
        var (pool, id) = _fleet.Running("f", spec => spec with { MaxInstances = 1 });
        for (var hour = 0; hour < 3; hour++)
        {
            _fleet.Pass(TimeSpan.FromHours(1));
            id = Restart(pool) ?? id;
        }

        // Now it is known. Stopped soon after its use ...
        _fleet.Pass(TimeSpan.FromSeconds(30));
        Drained();
        Assert.Empty(pool.Instances);
        _fleet.Pass(TimeSpan.FromMinutes(45));
        Assert.Empty(_fleet.Activations);

        // ... and started a little before the hour, once, and kept until a little after it.
        _fleet.Pass(TimeSpan.FromMinutes(14));
        Assert.Equal(StartKind.Ahead, Assert.Single(_fleet.Activations).Kind);
        id = _fleet.Succeed();
        _fleet.Pass(TimeSpan.FromMinutes(5));
        Assert.Contains(id, pool.Instances.Keys);
        _fleet.Pass(TimeSpan.FromMinutes(60));
        Drained();
        Assert.Empty(pool.Instances);
        Assert.Empty(_fleet.Activations);
    }

    [Fact]
    public void The_minimum_stays_however_idle_it_is()
    {
        var pool = _fleet.Deploy("f", spec => spec with { MinInstances = 2, KeepAlive = TimeSpan.FromSeconds(1) });
        _fleet.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(2, _fleet.Activations.Count);
        _fleet.Succeed();
        _fleet.Succeed();
        _fleet.Pass(TimeSpan.FromHours(2));
        Drained();
        Assert.Equal(2, pool.Instances.Count);
        Assert.Empty(_fleet.Activations);
    }

    [Fact]
    public void A_lost_instance_of_the_minimum_is_replaced_at_once()
    {
        _fleet.Deploy("f", spec => spec with { MinInstances = 1 });
        _fleet.Pass(TimeSpan.FromSeconds(1));
        var id = _fleet.Succeed();
        _fleet.Parts.FromHost.Exited(id, "f-r1", Contracts.Invocations.InvocationError.Crashed, "exit code 1");
        Assert.Single(_fleet.Activations);
    }

    [Fact]
    public void A_minimum_that_cannot_be_started_is_tried_again_with_growing_pauses()
    {
        _fleet.Deploy("f", spec => spec with { MinInstances = 1 });
        _fleet.Pass(TimeSpan.FromSeconds(1));
        var tries = 0;
        for (var second = 0; second < 60; second++)
        {
            if (_fleet.Activations.TryDequeue(out var activation))
            {
                tries++;
                _fleet.Parts.FromHost.StartFailed(activation.Pool, Contracts.Invocations.InvocationError.InitFailed, "no such module");
            }

            _fleet.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(tries, 5, 7);   // after 1, 2, 4, 8, 16 and 32 seconds
    }

    [Fact]
    public void Without_a_gateway_nothing_is_stopped_because_nobody_can_say_that_it_is_idle()
    {
        var (pool, _) = _fleet.Running("f", spec => spec with { KeepAlive = TimeSpan.FromSeconds(1) });
        lock (_fleet.Parts.Table.Lock)
        {
            _fleet.Parts.Table.Outbox.Open().Writer.TryComplete();
        }

        _fleet.Parts.Link.Disconnect(_fleet.Parts.Link.Connect("x"));
        _fleet.Pass(TimeSpan.FromMinutes(1));
        Assert.All(pool.Instances.Values, instance => Assert.Null(instance.Draining));
    }

    private string? Restart(Faas.Controller.Scaling.RevisionPool pool)
    {
        Drained();
        string? started = null;
        if (pool.Instances.Count == 0)
        {
            if (_fleet.Activations.Count == 0)
            {
                _fleet.Wait(pool, 1);
            }

            started = _fleet.Succeed();
        }

        _fleet.Use(pool, pool.Instances.Keys.First());
        return started;
    }

    private void Drained()
    {
        foreach (var message in _fleet.Sent())
        {
            if (message.Drain is { } drain && _fleet.Parts.Table.Find(drain.Instance) is var (pool, _))
            {
                _fleet.Parts.FromGateway.OnDrained(drain.Instance);
                _fleet.Parts.FromHost.Stopped(pool, drain.Instance);
            }
        }
    }
}
