using System.Text;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events.Tests;

public sealed class QueuePumpTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_accepted_event_runs_and_its_result_can_be_asked_for()
    {
        await using var events = await EventsFixture.StartAsync();
        Assert.Null((await events.AcceptAsync("a")).Refusal);
        var ended = await events.EndedAsync("a");
        Assert.Equal((InvocationState.Succeeded, 1, 0), (ended.State, ended.Attempts, ended.Failures));
        Assert.Equal("body of a", Encoding.UTF8.GetString(Assert.Single(events.Transport.Ran).Body.Span));
        Assert.Equal("done", Encoding.UTF8.GetString((await events.Queue.FindAnswerAsync("a", Ct))!.Body.Span));
    }

    [Fact]
    public async Task A_delayed_event_runs_when_its_time_has_come_and_not_before()
    {
        await using var events = await EventsFixture.StartAsync();
        await events.AcceptAsync("late", with: request => request with { Delay = TimeSpan.FromSeconds(60) });
        events.Clock.Advance(TimeSpan.FromSeconds(59));
        await events.AcceptAsync("now");
        await events.EndedAsync("now");
        Assert.Equal(["now"], events.Transport.Ids);
        events.Clock.Advance(TimeSpan.FromSeconds(1));
        await events.EndedAsync("late");
    }

    [Fact]
    public async Task An_event_that_becomes_due_just_after_the_pump_has_looked_is_not_forgotten()
    {
        await using var events = await EventsFixture.StartAsync();
        await events.AcceptAsync("late", with: request => request with { Delay = TimeSpan.FromSeconds(5) });
        await events.AcceptAsync("now");
        await events.EndedAsync("now");
        events.Clock.Advance(TimeSpan.FromMilliseconds(4900));
        var stepped = events.Clock.StepAfterReadAsync(TimeSpan.FromMilliseconds(200));
        events.Pump.Wake();
        await stepped.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        events.Clock.Advance(TimeSpan.FromMilliseconds(200));   // well before leases are looked after, which would find it
        await events.EndedAsync("late");
    }

    [Fact]
    public async Task A_failure_that_may_pass_is_run_again_after_a_pause_and_then_becomes_a_dead_letter()
    {
        await using var events = await EventsFixture.StartAsync();
        events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Failure(InvocationError.Crashed));
        await events.AcceptAsync("a");
        for (var attempt = 1; attempt < AsyncSpec.Default.MaxAttempts; attempt++)
        {
            var queued = await events.InStateAsync("a", found => found.State == InvocationState.Queued && found.History.Count == attempt);
            Assert.InRange(queued.At - events.Clock.GetUtcNow(), TimeSpan.FromTicks(1), AsyncSpec.Default.BackoffMax);
            events.Clock.Advance(queued.At - events.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(1));   // timers are whole milliseconds
        }

        var dead = await events.EndedAsync("a");
        Assert.Equal((InvocationState.DeadLettered, 3, 3), (dead.State, dead.Attempts, dead.Failures));
        Assert.Contains("failure 3 of 3", dead.Reason, StringComparison.Ordinal);
        Assert.All(dead.History, attempt => Assert.Equal(InvocationError.Crashed, attempt.Outcome));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(400)]
    public async Task An_answer_that_is_about_the_event_is_not_tried_again(int status)
    {
        await using var events = await EventsFixture.StartAsync();
        events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Answer(status, "no"));
        await events.AcceptAsync("a");
        Assert.Equal((InvocationState.DeadLettered, 1), (await events.EndedAsync("a")) is var dead ? (dead.State, dead.Attempts) : default);
    }

    [Fact]
    public async Task No_more_run_at_the_same_time_than_the_function_may()
    {
        await using var events = await EventsFixture.StartAsync();
        events.Functions.Deploy("hello", new AsyncSpec { Concurrency = 3 });
        var gate = new SemaphoreSlim(0);
        events.Transport.Run = async (_, ct) =>
        {
            await gate.WaitAsync(ct);
            return FakeTransport.Answer(200, "");
        };
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => events.AcceptAsync($"e{i}")));
        gate.Release(50);
        for (var i = 0; i < 50; i++)
        {
            await events.EndedAsync($"e{i}");
        }

        Assert.Equal(3, events.Transport.Most);
        Assert.Equal(50, events.Transport.Ran.Count);
    }

    [Fact]
    public async Task A_function_whose_events_take_all_day_holds_up_no_other()
    {
        await using var events = await EventsFixture.StartAsync(new EventsOptions { AttemptsMax = 8 });
        events.Functions.Deploy("slow", new AsyncSpec { Concurrency = 2 });
        events.Transport.Run = (claim, ct) => claim.Entry.Function == "slow" ? FakeTransport.UntilStoppedAsync(ct) : Task.FromResult(FakeTransport.Answer(200, ""));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => events.AcceptAsync($"s{i}", "slow")));
        await events.AcceptAsync("a");
        await events.EndedAsync("a");
    }

    [Fact]
    public async Task An_event_that_waits_can_be_cancelled()
    {
        await using var events = await EventsFixture.StartAsync();
        await events.AcceptAsync("a", with: request => request with { Delay = TimeSpan.FromSeconds(60) });
        Assert.Equal(CancelOutcome.Cancelled, await events.Desk.CancelAsync("a", Ct));
        events.Clock.Advance(TimeSpan.FromSeconds(61));
        await events.AcceptAsync("b");
        await events.EndedAsync("b");
        Assert.Equal(["b"], events.Transport.Ids);
        Assert.Equal(InvocationState.Cancelled, (await events.EndedAsync("a")).State);
    }

    [Fact]
    public async Task An_attempt_that_is_cancelled_is_told_to_stop_and_makes_room()
    {
        await using var events = await EventsFixture.StartAsync();
        events.Functions.Deploy("hello", new AsyncSpec { Concurrency = 1 });
        var stopped = new TaskCompletionSource();
        events.Transport.Run = async (claim, ct) =>
        {
            if (claim.Entry.Id == "a")
            {
                ct.Register(stopped.SetResult);
                await FakeTransport.UntilStoppedAsync(ct);
            }

            return FakeTransport.Answer(200, "");
        };
        await events.AcceptAsync("a");
        await events.Transport.BeganAsync();
        await events.AcceptAsync("b");
        Assert.Equal(CancelOutcome.CancelledRunning, await events.Desk.CancelAsync("a", Ct));
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        await events.EndedAsync("b");
        Assert.Equal(InvocationState.Cancelled, (await events.EndedAsync("a")).State);
    }

    [Fact]
    public async Task What_a_killed_platform_was_running_runs_again_and_shows_both_attempts()
    {
        var killed = await EventsFixture.StartAsync();
        killed.Transport.Run = async (_, _) =>
        {
            await new TaskCompletionSource().Task;   // for ever
            return FakeTransport.Answer(200, "");
        };
        await killed.AcceptAsync("a");
        await killed.Transport.BeganAsync();
        var folder = await killed.KillAsync();

        await using var events = await EventsFixture.StartAsync(folder: folder, now: EventsFixture.Noon.AddSeconds(3));
        var ended = await events.EndedAsync("a");
        Assert.Equal((InvocationState.Succeeded, 2, 0), (ended.State, ended.Attempts, ended.Failures));
        Assert.Equal([true, false], ended.History.Select(attempt => attempt.IsCut));
    }

    [Fact]
    public async Task What_waits_when_the_platform_is_killed_runs_after_its_restart()
    {
        var killed = await EventsFixture.StartAsync();
        await killed.AcceptAsync("late", with: request => request with { Delay = TimeSpan.FromSeconds(60) });
        var folder = await killed.KillAsync();
        await using var events = await EventsFixture.StartAsync(folder: folder, now: EventsFixture.Noon.AddSeconds(61));
        Assert.Equal(1, (await events.EndedAsync("late")).Attempts);
    }

    [Fact]
    public async Task A_lease_is_renewed_as_long_as_its_attempt_runs()
    {
        await using var events = await EventsFixture.StartAsync();
        var end = new TaskCompletionSource();
        events.Transport.Run = async (_, ct) =>
        {
            await end.Task.WaitAsync(ct);
            return FakeTransport.Answer(200, "");
        };
        await events.AcceptAsync("a");
        await events.Transport.BeganAsync();
        for (var i = 1; i <= 12; i++)
        {
            var before = (await events.Queue.FindAsync("a", Ct))!.At;
            events.Clock.Advance(TimeSpan.FromSeconds(10));
            await events.InStateAsync("a", found => found.At > before);
        }

        end.SetResult();
        var ended = await events.EndedAsync("a");
        Assert.Equal((InvocationState.Succeeded, 1), (ended.State, ended.Attempts));
    }

    [Fact]
    public async Task An_end_that_could_not_be_stored_is_stored_later_and_the_event_not_run_again()
    {
        await using var events = await EventsFixture.StartAsync();
        events.Queue.EndsThatFail = 3;
        await events.AcceptAsync("a");
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while ((await events.Queue.FindAsync("a", Ct))!.State != InvocationState.Succeeded && await timer.WaitForNextTickAsync(Ct))
        {
            events.Clock.Advance(TimeSpan.FromMilliseconds(50));
        }

        Assert.Single(events.Transport.Ran);
    }

    [Fact]
    public async Task An_attempt_that_never_began_is_not_held_against_the_event()
    {
        await using var events = await EventsFixture.StartAsync();
        var tries = 0;
        events.Transport.Run = (_, _) => Task.FromResult(Interlocked.Increment(ref tries) <= 5
            ? new AttemptResult { Progress = AttemptProgress.NotStarted, Error = InvocationError.Unavailable, Detail = "no room" }
            : FakeTransport.Answer(200, ""));
        await events.AcceptAsync("a");
        for (var i = 1; i <= 5; i++)
        {
            await events.InStateAsync("a", found => found.State == InvocationState.Queued && found.Attempts == i);
            events.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var ended = await events.EndedAsync("a");
        Assert.Equal((InvocationState.Succeeded, 0, 1), (ended.State, ended.Failures, ended.History.Count));
    }

    [Fact]
    public async Task An_event_whose_function_was_deleted_becomes_a_dead_letter_and_runs_when_it_is_redriven()
    {
        await using var events = await EventsFixture.StartAsync();
        await events.AcceptAsync("a", with: request => request with { Delay = TimeSpan.FromSeconds(5) });
        events.Functions.Delete("hello");
        events.Clock.Advance(TimeSpan.FromSeconds(5));
        var dead = await events.EndedAsync("a");
        Assert.Equal(InvocationState.DeadLettered, dead.State);
        Assert.Contains("no function 'hello'", dead.Reason, StringComparison.Ordinal);

        events.Functions.Deploy("hello");
        Assert.Equal(1, await events.Desk.RedriveAsync(new DeadLetterChoice(null, "hello"), Ct));
        await events.InStateAsync("a", found => found.State == InvocationState.Succeeded);
    }

    [Fact]
    public async Task An_event_that_got_too_old_is_not_run()
    {
        await using var events = await EventsFixture.StartAsync();
        events.Functions.Deploy("hello", new AsyncSpec { MaxAge = TimeSpan.FromMinutes(1), Concurrency = 1 });
        var end = new TaskCompletionSource();
        events.Transport.Run = async (_, ct) =>
        {
            await end.Task.WaitAsync(ct);
            return FakeTransport.Answer(200, "");
        };
        await events.AcceptAsync("first");
        await events.Transport.BeganAsync();
        await events.AcceptAsync("second");
        events.Clock.Advance(TimeSpan.FromSeconds(61));
        end.SetResult();
        var dead = await events.EndedAsync("second");
        Assert.Equal(InvocationState.DeadLettered, dead.State);
        Assert.Contains("maxAge", dead.Reason, StringComparison.Ordinal);
        Assert.Equal(["first"], events.Transport.Ids);
    }

    [Fact]
    public async Task A_platform_that_stops_puts_back_what_has_not_begun_and_cuts_off_what_does_not_end()
    {
        var events = await EventsFixture.StartAsync();
        events.Functions.Deploy("hello", new AsyncSpec { Concurrency = 1 });
        var toldToStop = new TaskCompletionSource();
        events.Transport.Run = async (_, ct) =>
        {
            try
            {
                return await FakeTransport.UntilStoppedAsync(ct);
            }
            finally
            {
                toldToStop.TrySetResult();
            }
        };
        await events.AcceptAsync("runs");
        await events.Transport.BeganAsync();
        await events.AcceptAsync("ahead");

        var stopping = events.Pump.StopAsync(Ct);
        await events.InStateAsync("ahead", found => found is { State: InvocationState.Queued, History.Count: 0 });
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!toldToStop.Task.IsCompleted && await timer.WaitForNextTickAsync(Ct))
        {
            events.Clock.Advance(TimeSpan.FromSeconds(1));   // what was put back shows before the pump begins to wait
        }

        await stopping.WaitAsync(TimeSpan.FromSeconds(30), Ct);   // the clock stands still: what was cut off has all the time that it needs to be stored
        var cut = (await events.Queue.FindAsync("runs", Ct))!;
        Assert.Equal(InvocationState.Queued, cut.State);
        Assert.True(Assert.Single(cut.History).IsCut);
        await events.DisposeAsync();
    }
}
