using System.Text;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Events.Tests;

public sealed class IntakeTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_accepted_for_a_function_that_does_not_exist()
    {
        await using var events = await EventsFixture.StartAsync();
        Assert.Equal(("NotFound", 404), (await events.AcceptAsync("a", "nope")).Refusal is { } refusal ? (refusal.Error, refusal.Status) : default);
        Assert.Null(await events.Queue.FindAsync("a", Ct));
    }

    [Fact]
    public async Task More_events_than_may_wait_are_refused_and_none_that_was_accepted_is_lost()
    {
        await using var events = await EventsFixture.StartAsync();
        events.Functions.Deploy("hello", new AsyncSpec { QueueMax = 5 });
        for (var i = 0; i < 5; i++)
        {
            Assert.Null((await events.AcceptAsync($"e{i}", with: Delayed)).Refusal);
        }

        Assert.Equal(("QueueFull", 429), (await events.AcceptAsync("e5", with: Delayed)).Refusal is { } refusal ? (refusal.Error, refusal.Status) : default);
        events.Clock.Advance(TimeSpan.FromSeconds(60));
        for (var i = 0; i < 5; i++)
        {
            await events.EndedAsync($"e{i}");
        }

        Assert.Null((await events.AcceptAsync("e6", with: Delayed)).Refusal);
    }

    [Theory]
    [InlineData("ftp://example.com/")]
    [InlineData("http://user:secret@example.com/")]
    [InlineData("http://localhost/")]
    [InlineData("http://127.0.0.1:8081/v1/functions")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://0.0.0.0/")]
    public async Task A_callback_to_this_machine_s_own_addresses_is_refused(string url)
    {
        await using var events = await EventsFixture.StartAsync();
        Assert.Equal(400, (await events.AcceptAsync("a", with: request => request with { CallbackUrl = url })).Refusal?.Status);
    }

    [Fact]
    public async Task An_event_can_be_delayed_only_so_long()
    {
        await using var events = await EventsFixture.StartAsync();
        Assert.Equal(400, (await events.AcceptAsync("a", with: request => request with { Delay = TimeSpan.FromDays(31) })).Refusal?.Status);
        Assert.Null((await events.AcceptAsync("a", with: request => request with { Delay = TimeSpan.FromDays(30) })).Refusal);
    }

    [Fact]
    public async Task Two_requests_with_one_key_run_once_and_get_the_same_id()
    {
        await using var events = await EventsFixture.StartAsync();
        var first = await events.AcceptAsync("a", with: WithKey);
        var second = await events.AcceptAsync("b", with: request => WithKey(request) with { Body = Encoding.UTF8.GetBytes("body of a") });
        Assert.Equal(("a", false, "a", true), (first.Id, first.IsReplay, second.Id, second.IsReplay));
        await events.EndedAsync("a");
        Assert.Equal(["a"], events.Transport.Ids);
    }

    [Fact]
    public async Task A_key_with_another_body_is_refused()
    {
        await using var events = await EventsFixture.StartAsync();
        await events.AcceptAsync("a", with: WithKey);
        Assert.Equal(("KeyReused", 422), (await events.AcceptAsync("b", with: WithKey)).Refusal is { } refusal ? (refusal.Error, refusal.Status) : default);
    }

    [Fact]
    public async Task Callers_who_wait_with_the_same_key_all_get_the_one_run_s_answer()
    {
        await using var events = await EventsFixture.StartAsync();
        var end = new TaskCompletionSource();
        events.Transport.Run = async (_, ct) =>
        {
            await end.Task.WaitAsync(ct);
            return FakeTransport.Answer(201, "made");
        };
        IntakeRequest Awaited(IntakeRequest request) => WithKey(request) with { IsAwaited = true, Body = Encoding.UTF8.GetBytes("same") };
        var calls = Enumerable.Range(0, 8).Select(i => events.AcceptAsync($"e{i}", with: Awaited)).ToList();
        await events.Transport.BeganAsync();
        end.SetResult();
        var replies = await Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(30), Ct);
        Assert.All(replies, reply => Assert.Equal((201, "made"), (reply.Answer!.Status, Encoding.UTF8.GetString(reply.Answer.Body.Span))));
        Assert.Single(events.Transport.Ran);
        Assert.Single(replies, reply => !reply.IsReplay);

        var later = await events.AcceptAsync("late", with: Awaited);
        Assert.Equal((201, true), (later.Answer!.Status, later.IsReplay));
        Assert.Single(events.Transport.Ran);
    }

    [Fact]
    public async Task A_caller_who_waits_gets_the_failure_as_it_is()
    {
        await using var events = await EventsFixture.StartAsync();
        events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Answer(500, "broken"));
        var reply = await events.AcceptAsync("a", with: request => WithKey(request) with { IsAwaited = true });
        Assert.Equal((500, "broken"), (reply.Answer!.Status, Encoding.UTF8.GetString(reply.Answer.Body.Span)));
        Assert.Equal(InvocationState.Failed, (await events.EndedAsync("a")).State);
        Assert.Empty(await events.Queue.ListAsync(InvocationState.DeadLettered, null, null, 10, Ct));
    }

    [Fact]
    public async Task A_caller_who_waits_for_a_function_that_is_deleted_meanwhile_is_told_so()
    {
        var (events, waiting, end) = await WaitBehindAnotherAsync();
        await using var _ = events;
        events.Functions.Delete("hello");
        end.SetResult();
        var refusal = (await waiting.WaitAsync(TimeSpan.FromSeconds(30), Ct)).Refusal;
        Assert.Equal(("NotFound", 404), (refusal!.Error, refusal.Status));
        Assert.Contains("there is no function 'hello' any more", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_who_waits_for_an_event_that_is_cancelled_is_told_so()
    {
        var (events, waiting, end) = await WaitBehindAnotherAsync();
        await using var _ = events;
        await events.Desk.CancelAsync("waits", Ct);
        var refusal = (await waiting.WaitAsync(TimeSpan.FromSeconds(30), Ct)).Refusal;
        Assert.Equal(("Conflict", 409, "event waits was cancelled"), (refusal!.Error, refusal.Status, refusal.Detail));
        end.SetResult();
    }

    [Fact]
    public async Task A_request_that_is_repeated_after_a_lost_answer_is_the_same_event()
    {
        await using var events = await EventsFixture.StartAsync();
        await events.AcceptAsync("a");
        await events.EndedAsync("a");
        Assert.Null((await events.AcceptAsync("a", with: request => request with { IsRepeated = true })).Refusal);
        await events.AcceptAsync("b");
        await events.EndedAsync("b");
        Assert.Equal(["a", "b"], events.Transport.Ids);
    }

    [Fact]
    public async Task Another_event_with_an_id_that_is_taken_is_refused()
    {
        await using var events = await EventsFixture.StartAsync();
        await events.AcceptAsync("a");
        Assert.Equal(("Conflict", 409), (await events.AcceptAsync("a", with: request => request with { Nonce = "other" })).Refusal is { } refusal ? (refusal.Error, refusal.Status) : default);
    }

    /// <summary>Somebody who waits for an event that cannot run before another has ended.</summary>
    private static async Task<(EventsFixture Events, Task<IntakeReply> Waiting, TaskCompletionSource End)> WaitBehindAnotherAsync()
    {
        var events = await EventsFixture.StartAsync(prepare: fixture => fixture.Functions.Deploy("hello", maxInstances: 1));
        var end = new TaskCompletionSource();
        events.Transport.Run = async (_, ct) =>
        {
            await end.Task.WaitAsync(ct);
            return FakeTransport.Answer(200, "done");
        };
        await events.AcceptAsync("runs");
        await events.Transport.BeganAsync();
        var waiting = events.AcceptAsync("waits", with: request => WithKey(request) with { IsAwaited = true });
        await events.InStateAsync("waits", found => !found.State.HasEnded());
        return (events, waiting, end);
    }

    private static IntakeRequest WithKey(IntakeRequest request) => request with { Key = "k" };

    private static IntakeRequest Delayed(IntakeRequest request) => request with { Delay = TimeSpan.FromSeconds(60) };
}
