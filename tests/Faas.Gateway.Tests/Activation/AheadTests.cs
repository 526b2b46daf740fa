using Faas.Gateway.Activation;
using Faas.Gateway.Routing;
using Faas.Gateway.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.Activation;

/// <summary>Requests that go to a busy instance, because the function is so quick that it will be free when they get there.</summary>
public sealed class AheadTests
{
    private const double Quick = 0.25;   // ms: four of them are a millisecond

    private const double VeryQuick = 0.09;   // five of them are half a millisecond

    private readonly FakeTimeProvider _clock = new();
    private readonly RecordedEvents _events = new();
    private readonly Gate _gate;
    private readonly FunctionRoute _route;

    public AheadTests()
    {
        _gate = new GateTable(_events, _clock).GateOf("r1");
        _route = new FunctionRoute(Say.Route(line: 100, wait: TimeSpan.FromSeconds(10)).Route, _gate);
    }

    [Fact]
    public async Task As_many_go_ahead_as_run_in_a_millisecond_and_the_others_wait_in_the_line()
    {
        await KnowAsync("a", Quick);
        await AcquireAsync();

        var ahead = Enumerable.Range(0, 4).Select(_ => AcquireAsync()).ToList();
        var next = AcquireAsync();

        Assert.All(await Task.WhenAll(ahead), acquired => Assert.Equal("a", acquired.Instance!.Id));
        Assert.False(next.IsCompleted);
    }

    [Fact]
    public async Task Who_waits_in_the_line_goes_ahead_when_there_is_room()
    {
        var instance = await KnowAsync("a", Quick);
        await FillAsync(5);
        var next = AcquireAsync();

        _gate.Release(instance, Quick);

        Assert.Same(instance, (await next).Instance);
    }

    [Theory]
    [InlineData(31, Quick, 1)]       // Not known well enough.
    [InlineData(32, 0.6, 1)]         // Not quick.
    [InlineData(32, Quick, 2)]       // With several slots there is always one about to be free, and much in each write anyway.
    public async Task Nobody_goes_ahead_where_it_would_not_help(int runs, double runMs, int slots)
    {
        await KnowAsync("a", runMs, runs, slots);
        await FillAsync(slots);

        Assert.False(AcquireAsync().IsCompleted);
    }

    [Fact]
    public async Task Nobody_goes_ahead_for_a_second_after_a_run_that_was_long()
    {
        var instance = await KnowAsync("a", Quick, runs: 400);
        await AcquireAsync();
        _gate.Release(instance, 51);
        await KnowAsync(instance, Quick, 40);
        await AcquireAsync();
        var next = AcquireAsync();
        Assert.False(next.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(1));
        _gate.Release(instance, Quick);

        await next;
        await AcquireAsync();
    }

    [Fact]
    public async Task A_quick_function_is_found_to_be_quick_where_most_runs_are_held_up_by_a_busy_machine()
    {
        var instance = await KnowAsync("a", Quick);
        for (var i = 0; i < 100; i++)
        {
            await KnowAsync(instance, 2, 2);   // Two wait for a core, one does not.
            await KnowAsync(instance, 0.1, 1);
        }

        await AcquireAsync();
        await AcquireAsync();
    }

    [Fact]
    public async Task A_function_that_turns_out_not_to_be_quick_when_its_requests_are_there_is_called_so_no_more()
    {
        var instance = await KnowAsync("a", Quick);
        for (var i = 0; i < 20; i++)
        {
            await AcquireAsync();
            _gate.Release(instance, 1, wasAhead: true);
        }

        await AcquireAsync();
        Assert.False(AcquireAsync().IsCompleted);
    }

    [Fact]
    public async Task Nobody_goes_ahead_of_who_is_in_the_line_already()
    {
        var instance = await KnowAsync("a", Quick);
        await FillAsync(5);
        var first = AcquireAsync();
        var second = AcquireAsync();

        _gate.Release(instance, Quick);

        await first;
        Assert.False(second.IsCompleted);
    }

    [Fact]
    public async Task What_may_be_long_does_not_go_ahead_and_nothing_goes_ahead_behind_it()
    {
        var instance = await KnowAsync("a", Quick);
        await AcquireAsync();
        var upload = AcquireAsync(mayGoAhead: false);
        Assert.False(upload.IsCompleted);
        _gate.Release(instance, Quick);
        await upload;

        var behind = AcquireAsync();
        Assert.False(behind.IsCompleted);

        _gate.Release(instance, Quick);
        await behind;
        await AcquireAsync();
    }

    [Fact]
    public async Task Nobody_goes_ahead_to_an_instance_that_is_held_up_until_it_has_ended_something()
    {
        var instance = await KnowAsync("a", Quick);
        await FillAsync(2);
        _gate.NoteHeldUp(instance);
        var next = AcquireAsync();
        _gate.Release(instance, null);   // Given back: it never ran.
        Assert.False(next.IsCompleted);

        _gate.Release(instance, Quick);

        await next;
        await AcquireAsync();
    }

    [Fact]
    public async Task A_free_slot_comes_first_and_then_the_instance_where_fewest_wait()
    {
        await KnowAsync("a", Quick);
        Add("b");
        string[] places = [(await AcquireAsync()).Instance!.Id, (await AcquireAsync()).Instance!.Id, (await AcquireAsync()).Instance!.Id, (await AcquireAsync()).Instance!.Id];

        Assert.Equal(["a", "b", "a", "b"], places);
    }

    /// <summary>0.5 ms of it wait at the first before the second is woken, and there before the third is. When all have that, those come where fewest wait.</summary>
    [Fact]
    public async Task A_very_quick_function_is_packed_onto_the_first_instances_even_beside_free_ones()
    {
        await KnowAsync("a", VeryQuick);
        Add("b");
        Add("c");
        var places = (await FillAsync(20)).Select(static acquired => acquired.Instance!.Id);
        Assert.Equal("aaaaaabbbbbbccccccab", string.Concat(places));
    }

    [Fact]
    public async Task Instances_that_a_very_quick_function_no_longer_needs_go_idle_under_load()
    {
        var first = await KnowAsync("a", VeryQuick);
        var second = Add("b");
        Assert.Equal("aaaaaabb", string.Concat((await FillAsync(8)).Select(static acquired => acquired.Instance!.Id)));
        _gate.Release(second, VeryQuick);
        _gate.Release(second, VeryQuick);
        for (var i = 0; i < 100; i++)
        {
            _gate.Release(first, VeryQuick);
            await AcquireAsync();
        }

        Assert.Equal(0, _gate.UseOf(second).InUse);
    }

    [Fact]
    public async Task Nothing_is_packed_behind_what_may_be_long()
    {
        await KnowAsync("a", VeryQuick);
        Add("b");
        await AcquireAsync(mayGoAhead: false);
        Assert.Equal("b", (await AcquireAsync()).Instance!.Id);
    }

    [Fact]
    public async Task An_instance_that_takes_no_invocations_gets_nobody_ahead()
    {
        var instance = await KnowAsync("a", Quick);
        await AcquireAsync();
        _gate.Drain(instance, onlyIfIdle: false);

        Assert.False(AcquireAsync().IsCompleted);
    }

    [Fact]
    public async Task Who_goes_ahead_counts_as_waiting_so_that_the_controller_hears_of_it()
    {
        var instance = await KnowAsync("a", Quick);
        _events.Wanted.Clear();
        await FillAsync(4);

        var load = _gate.Load();

        Assert.Equal((3, 3, 1), (load.Waiting, load.Ahead, load.InUse));
        Assert.Equal(1, _gate.UseOf(instance).InUse);
        Assert.NotEmpty(_events.Wanted);
        _gate.Release(instance, Quick);
        Assert.Equal((2, 1), (_gate.Load().Waiting, _gate.Load().InUse));
    }

    [Fact]
    public async Task The_controller_hears_of_those_ahead_every_ten_milliseconds_however_often_such_a_line_begins()
    {
        var instance = await KnowAsync("a", Quick);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await AcquireAsync();
        _events.Wanted.Clear();

        for (var i = 0; i < 100; i++)
        {
            await AcquireAsync();
            _gate.Release(instance, Quick);
        }

        Assert.Single(_events.Wanted);
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        await AcquireAsync();
        Assert.Equal(2, _events.Wanted.Count);
    }

    /// <summary>The controller hears of the average at the end of a stall, when requests come again: ten runs of the usual length would not have put it right by then.</summary>
    [Fact]
    public async Task One_run_that_waited_for_a_core_does_not_make_a_quick_function_a_slow_one()
    {
        var instance = await KnowAsync("a", 0.02, runs: 1000);
        await KnowAsync(instance, 5, runs: 1);
        Assert.InRange(_gate.Load().RunMs, 0.02, 0.04);
    }

    [Fact]
    public async Task A_quick_function_that_becomes_slow_is_known_to_be_after_a_dozen_runs()
    {
        var instance = await KnowAsync("a", 0.02, runs: 1000);
        await KnowAsync(instance, 5, runs: 14);
        Assert.InRange(_gate.Load().RunMs, 1, 5);
    }

    [Fact]
    public async Task Who_was_given_back_stands_at_the_head_of_the_line_in_the_order_in_which_they_came()
    {
        var instance = Add("a");
        await AcquireAsync();
        var earlier = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        var later = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        var newest = AcquireAsync();
        var second = _gate.AcquireAsync(new SlotWish(_route, later) { IsAgain = true }, CancellationToken.None).AsTask();
        var first = _gate.AcquireAsync(new SlotWish(_route, earlier) { IsAgain = true }, CancellationToken.None).AsTask();

        _gate.Release(instance, 1);
        await first;
        Assert.False(second.IsCompleted);
        _gate.Release(instance, 1);
        await second;
        Assert.False(newest.IsCompleted);
    }

    [Theory]
    [InlineData(0.02, 100)]   // Packed: its line clears by itself long before.
    [InlineData(0.2, 10)]
    public async Task The_controller_is_asked_for_those_ahead_no_more_often_than_it_can_matter(double runMs, int intervalMs)
    {
        await KnowAsync("a", runMs);
        await AcquireAsync();
        await AcquireAsync();
        Assert.Single(_events.Wanted);
        _clock.Advance(TimeSpan.FromMilliseconds(intervalMs - 1));
        await AcquireAsync();
        Assert.Single(_events.Wanted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await AcquireAsync();
        Assert.Equal(2, _events.Wanted.Count);
    }

    private Instance Add(string id, int slots = 1)
    {
        var instance = new Instance(id, _gate, slots, new InstanceEndpoint("/nowhere", ""), _clock.GetTimestamp());
        _gate.Add(instance);
        return instance;
    }

    /// <summary>An instance of a function whose running time is known.</summary>
    private async Task<Instance> KnowAsync(string id, double runMs, int runs = 32, int slots = 1)
    {
        var instance = Add(id, slots);
        await KnowAsync(instance, runMs, runs);
        return instance;
    }

    private async Task KnowAsync(Instance instance, double runMs, int runs)
    {
        for (var i = 0; i < runs; i++)
        {
            await AcquireAsync();
            _gate.Release(instance, runMs);
        }
    }

    private Task<Acquisition[]> FillAsync(int count) => Task.WhenAll(Enumerable.Range(0, count).Select(_ => AcquireAsync()));

    private Task<Acquisition> AcquireAsync(bool mayGoAhead = true) =>
        _gate.AcquireAsync(new SlotWish(_route, _clock.GetTimestamp()) { MayGoAhead = mayGoAhead }, CancellationToken.None).AsTask();
}
