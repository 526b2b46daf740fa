using Faas.Controller.Scaling;
using Faas.Link;

namespace Faas.Controller.Tests.Scaling;

/// <summary>Into the freezer and out of it, and what can come in between.</summary>
public sealed class FreezeTests
{
    private readonly FleetFixture _fleet = new();

    [Fact]
    public void Within_a_second_of_its_last_use_an_instance_is_frozen_after_the_gateway_has_agreed()
    {
        var (pool, id) = _fleet.Running("f");
        _fleet.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(id, Assert.Single(_fleet.Sent(), message => message.Freeze is not null).Freeze.Instance);
        Assert.Empty(_fleet.Asked);

        _fleet.Parts.FromGateway.OnFreezeAnswered(id, isAgreed: true);
        Assert.Equal([$"freeze {id}"], _fleet.Asked);
        _fleet.Parts.FromHost.Froze(id, isFrozen: true);
        Assert.Equal("frozen", pool.Instances[id].State);
        Assert.Equal("frozen", pool.State);
    }

    [Fact]
    public void A_busy_instance_that_refuses_stays_awake_and_is_asked_again_when_it_is_idle()
    {
        var (pool, id) = _fleet.Running("f");
        _fleet.Pass(TimeSpan.FromSeconds(1));
        _fleet.Parts.FromGateway.OnFreezeAnswered(id, isAgreed: false);
        Assert.Equal("ready", pool.Instances[id].State);
        _fleet.Sent();
        _fleet.Pass(TimeSpan.FromSeconds(1));
        Assert.Contains(_fleet.Sent(), message => message.Freeze is not null);
    }

    [Fact]
    public void A_request_thaws_it_and_starts_nothing()
    {
        var (pool, id) = Frozen();
        _fleet.Wait(pool, 1);
        Assert.Equal($"thaw {id}", _fleet.Asked[^1]);
        _fleet.Wait(pool, 2);   // asked again meanwhile
        Assert.Single(_fleet.Activations);   // for the second one; the first has its slot coming
        _fleet.Parts.FromHost.Thawed(id, isAwake: true);
        Assert.Equal(id, Assert.Single(_fleet.Sent(), message => message.Thawed is not null).Thawed.Instance);
    }

    [Fact]
    public void A_request_that_comes_between_the_gateways_answer_and_the_freezer_keeps_it_awake()
    {
        var (pool, id) = _fleet.Running("f");
        _fleet.Pass(TimeSpan.FromSeconds(1));
        _fleet.Wait(pool, 1);   // sent after the answer, but seen before it
        _fleet.Sent();
        _fleet.Parts.FromGateway.OnFreezeAnswered(id, isAgreed: true);
        Assert.Empty(_fleet.Asked);
        Assert.Contains(_fleet.Sent(), message => message.Thawed?.Instance == id);
    }

    [Fact]
    public void A_request_that_comes_while_it_is_being_frozen_thaws_it_as_soon_as_it_is()
    {
        var (pool, id) = _fleet.Running("f");
        _fleet.Pass(TimeSpan.FromSeconds(1));
        _fleet.Parts.FromGateway.OnFreezeAnswered(id, isAgreed: true);
        _fleet.Wait(pool, 1);
        Assert.Equal([$"freeze {id}"], _fleet.Asked);
        _fleet.Parts.FromHost.Froze(id, isFrozen: true);
        Assert.Equal([$"freeze {id}", $"thaw {id}"], _fleet.Asked);
        Assert.Empty(_fleet.Activations);
    }

    /// <summary>Who has gone ahead waits for the instance that it is at. Else a function under steady load would keep whatever a peak once needed.</summary>
    [Fact]
    public void An_idle_instance_is_frozen_while_requests_wait_ahead_of_their_turn_at_another()
    {
        var (pool, id) = _fleet.Running("f");
        _fleet.Wait(pool, 20, slots: 2, inFlight: 1, runMs: 0.02, ahead: 20);
        _fleet.Pass(TimeSpan.FromSeconds(1));
        _fleet.Parts.FromGateway.OnFreezeAnswered(id, isAgreed: true);
        _fleet.Parts.FromHost.Froze(id, isFrozen: true);
        Assert.Equal([$"freeze {id}"], _fleet.Asked);
        Assert.Equal("frozen", pool.Instances[id].State);
    }

    [Fact]
    public void While_there_is_a_line_nothing_is_frozen()
    {
        var (pool, _) = _fleet.Running("f");
        _fleet.Wait(pool, 21, slots: 2, inFlight: 1, runMs: 0.02, ahead: 20);
        _fleet.Pass(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(_fleet.Sent(), message => message.Freeze is not null);
    }

    [Fact]
    public void One_that_cannot_be_frozen_goes_on_and_one_that_cannot_be_thawed_is_replaced()
    {
        var (pool, id) = _fleet.Running("f");
        _fleet.Pass(TimeSpan.FromSeconds(1));
        _fleet.Parts.FromGateway.OnFreezeAnswered(id, isAgreed: true);
        _fleet.Sent();
        _fleet.Parts.FromHost.Froze(id, isFrozen: false);
        Assert.Contains(_fleet.Sent(), message => message.Thawed?.Instance == id);

        (pool, id) = Frozen("g");
        _fleet.Wait(pool, 1);
        _fleet.Parts.FromHost.Thawed(id, isAwake: false);
        Assert.Equal($"kill {id}", _fleet.Asked[^1]);
        Assert.Contains(_fleet.Sent(), message => message.InstanceGone?.Instance == id);
        Assert.Single(_fleet.Activations);
    }

    [Fact]
    public void A_frozen_instance_is_stopped_at_the_end_of_its_keep_alive()
    {
        var (_, id) = Frozen("f", TimeSpan.FromSeconds(30));
        _fleet.Pass(TimeSpan.FromSeconds(28.5));
        Assert.DoesNotContain(_fleet.Sent(), message => message.Drain is not null);
        _fleet.Pass(TimeSpan.FromSeconds(1));
        Assert.Contains(_fleet.Sent(), message => message.Drain is { OnlyIfIdle: true } drain && drain.Instance == id);
        _fleet.Parts.FromGateway.OnDrained(id);
        Assert.Equal($"stop {id}", _fleet.Asked[^1]);
    }

    [Fact]
    public void A_freezer_that_reports_late_does_not_touch_an_instance_that_is_being_stopped()
    {
        var (pool, id) = _fleet.Running("f");
        _fleet.Pass(TimeSpan.FromSeconds(1));
        _fleet.Parts.FromGateway.OnFreezeAnswered(id, isAgreed: true);
        _fleet.Parts.Fleet.Remove("f");
        _fleet.Parts.FromHost.Froze(id, isFrozen: true);
        Assert.Equal("draining", pool.Instances[id].State);
        _fleet.Parts.FromGateway.OnDrained(id);
        Assert.Equal([$"freeze {id}", $"stop {id}"], _fleet.Asked);
    }

    [Fact]
    public void A_new_gateway_is_told_what_is_frozen_and_an_unanswered_question_is_forgotten()
    {
        var (_, frozen) = Frozen("f");
        var (asked, id) = _fleet.Running("g");
        _fleet.Pass(TimeSpan.FromSeconds(1));
        var picture = _fleet.Parts.Link.Connect("test").Reader;
        var announced = new Dictionary<string, bool>();
        while (picture.TryRead(out var message))
        {
            if (message.InstanceReady is { } ready)
            {
                announced[ready.Instance] = ready.IsFrozen;
            }
        }

        Assert.Equal(new Dictionary<string, bool> { [frozen] = true, [id] = false }, announced);
        Assert.Equal("ready", asked.Instances[id].State);
    }

    [Fact]
    public void A_function_that_must_not_be_frozen_never_is()
    {
        _fleet.Running("f", spec => spec with { Freeze = false });
        _fleet.Pass(TimeSpan.FromSeconds(10));
        Assert.DoesNotContain(_fleet.Sent(), message => message.MessageCase == ControllerMessage.MessageOneofCase.Freeze);
    }

    private (RevisionPool Pool, string Instance) Frozen(string name = "f", TimeSpan? keepAlive = null)
    {
        var (pool, id) = _fleet.Running(name, spec => spec with { KeepAlive = keepAlive });
        _fleet.Pass(TimeSpan.FromSeconds(1));
        _fleet.Parts.FromGateway.OnFreezeAnswered(id, isAgreed: true);
        _fleet.Parts.FromHost.Froze(id, isFrozen: true);
        _fleet.Sent();
        return (pool, id);
    }
}
