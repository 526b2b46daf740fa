using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Events.Tests;

/// <summary>Events of functions that a spent budget holds back.</summary>
public sealed class EventHoldTests
{
    [Fact]
    public async Task Held_events_are_accepted_and_wait_without_an_attempt_until_they_are_let_go()
    {
        await using var events = await EventsFixture.StartAsync();
        events.Holds.Limits["hello"] = 0;
        Assert.Null((await events.AcceptAsync("a")).Refusal);
        await events.AcceptAsync("b");
        events.Clock.Advance(TimeSpan.FromHours(1));
        events.Functions.Deploy("other");
        await events.AcceptAsync("other", "other");
        await events.EndedAsync("other");
        Assert.Equal(["other"], events.Transport.Ids);
        Assert.Equal(0, events.Pump.Lanes.DueIn("hello", events.Clock.GetUtcNow()));   // so that no instance is started for them

        events.Holds.Limits.Clear();
        events.Pump.OnHoldsChanged();
        Assert.Equal((InvocationState.Succeeded, 1), await events.EndedAsync("a") is var a ? (a.State, a.Attempts) : default);
        Assert.Equal(InvocationState.Succeeded, (await events.EndedAsync("b")).State);
    }

    [Fact]
    public async Task What_was_claimed_ahead_goes_back_when_its_function_is_stopped_and_takes_nobodys_room()
    {
        await using var events = await EventsFixture.StartAsync();
        events.Functions.Deploy("hello", AsyncSpec.Default with { Concurrency = 1 });
        var finish = new TaskCompletionSource();
        events.Transport.Run = async (_, ct) =>
        {
            await finish.Task.WaitAsync(ct);
            return FakeTransport.Answer(200, "");
        };
        await events.AcceptAsync("runs");
        await events.Transport.BeganAsync();
        await events.AcceptAsync("ahead");
        await events.InStateAsync("ahead", found => found.State == InvocationState.Running);   // claimed, that is

        events.Holds.Limits["hello"] = 0;
        events.Pump.OnHoldsChanged();
        await events.InStateAsync("ahead", found => found.State == InvocationState.Queued);
        finish.SetResult();
        Assert.Equal(InvocationState.Succeeded, (await events.EndedAsync("runs")).State);   // what runs is not cut off
        Assert.Equal(["runs"], events.Transport.Ids);

        events.Holds.Limits.Clear();
        events.Pump.OnHoldsChanged();
        var ended = await events.EndedAsync("ahead");
        Assert.Equal((InvocationState.Succeeded, 0), (ended.State, ended.Failures));
    }

    [Fact]
    public async Task What_the_gateway_refuses_goes_back_and_counts_as_no_failure()
    {
        await using var events = await EventsFixture.StartAsync();
        events.Transport.Run = (_, _) =>
        {
            events.Holds.Limits["hello"] = 0;
            return Task.FromResult(new AttemptResult { Progress = AttemptProgress.NotStarted, Error = InvocationError.BudgetExceeded, Detail = "spent" });
        };
        await events.AcceptAsync("a");
        var queued = await events.InStateAsync("a", found => found.State == InvocationState.Queued && found.Attempts == 1);
        Assert.Equal((0, 0), (queued.Failures, queued.History.Count));

        events.Clock.Advance(TimeSpan.FromDays(20));
        events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Answer(200, ""));
        events.Holds.Limits.Clear();
        events.Holds.Released = events.Clock.GetUtcNow();
        events.Pump.OnHoldsChanged();
        Assert.Equal(InvocationState.Succeeded, (await events.EndedAsync("a")).State);   // though it is older than async.maxAge
    }

    [Fact]
    public async Task As_many_run_as_a_throttled_function_may_have_a_second()
    {
        await using var events = await EventsFixture.StartAsync();
        events.Holds.Limits["hello"] = 2;
        var finish = new TaskCompletionSource();
        events.Transport.Run = async (_, ct) =>
        {
            await finish.Task.WaitAsync(ct);
            return FakeTransport.Answer(200, "");
        };
        await Task.WhenAll(Enumerable.Range(0, 6).Select(n => events.AcceptAsync($"{n}")));
        await events.Transport.BeganAsync();
        await events.Transport.BeganAsync();
        finish.SetResult();
        for (var n = 0; n < 6; n++)
        {
            await events.EndedAsync($"{n}");
        }

        Assert.Equal(2, events.Transport.Most);
    }
}
