using Faas.Gateway.Activation;
using Faas.Gateway.Routing;
using Faas.Gateway.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.Activation;

/// <summary>When a gate asks the controller for capacity: a message costs far more than an invocation.</summary>
public sealed class AskingTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly RecordedEvents _events = new();
    private readonly Gate _gate;
    private readonly FunctionRoute _route;

    public AskingTests()
    {
        _gate = new GateTable(_events, _clock).GateOf("r1");
        _route = new FunctionRoute(Say.Route().Route, _gate);   // ten instances with one slot each
    }

    [Fact]
    public void Where_nothing_can_serve_it_each_line_that_begins_asks_at_once()
    {
        for (var i = 0; i < 3; i++)
        {
            using var leaves = new CancellationTokenSource();
            _ = _gate.AcquireAsync(new SlotWish(_route, _clock.GetTimestamp()), leaves.Token).AsTask();
            leaves.Cancel();
        }

        Assert.Equal(3, _events.Wanted.Count);
    }

    [Fact]
    public void A_line_that_begins_and_ends_at_a_busy_instance_asks_every_ten_milliseconds()
    {
        var instance = Add(1);
        Acquire();
        _clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 100; i++)
        {
            Acquire();
            _gate.Release(instance, 1);
        }

        Assert.Single(_events.Wanted);
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        Acquire();
        Assert.Equal(2, _events.Wanted.Count);
    }

    [Fact]
    public void A_line_that_has_doubled_since_asks_at_once()
    {
        Add(1);
        for (var i = 0; i < 1 + 8; i++)
        {
            Acquire();
        }

        Assert.Equal(4, _events.Wanted.Count);   // with 1, 2, 4 and 8 in it
    }

    [Fact]
    public void Where_all_instances_serve_that_there_may_be_it_asks_every_hundred_milliseconds_however_long_the_line_grows()
    {
        Add(10);
        for (var i = 0; i < 10 + 16; i++)
        {
            Acquire();
        }

        Assert.Single(_events.Wanted);
        Assert.True(_gate.Load().IsAtMax);
        _clock.Advance(TimeSpan.FromMilliseconds(99));
        Acquire();
        Assert.Single(_events.Wanted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Acquire();
        Assert.Equal(2, _events.Wanted.Count);
    }

    [Fact]
    public void An_instance_that_stops_serving_makes_room_for_another_which_is_asked_for_at_once()
    {
        var instance = Add(10);
        for (var i = 0; i < 10 + 1; i++)
        {
            Acquire();
        }

        _events.Wanted.Clear();
        _gate.Remove(instance);
        Assert.Single(_events.Wanted);
        Assert.False(_gate.Load().IsAtMax);
    }

    /// <summary>So many of them; the last one.</summary>
    private Instance Add(int count)
    {
        Instance? instance = null;
        for (var i = 0; i < count; i++)
        {
            instance = new Instance($"i{i}", _gate, 1, new InstanceEndpoint("/nowhere", ""), _clock.GetTimestamp());
            _gate.Add(instance);
        }

        return instance!;
    }

    private void Acquire() => _ = _gate.AcquireAsync(new SlotWish(_route, _clock.GetTimestamp()), CancellationToken.None).AsTask();
}
