using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Events.Tests.Webhooks;

/// <summary>Requests to webhooks, from their signature to what the function is given.</summary>
public sealed class WebhookDeskTests
{
    private const string Id = "hello/webhook";

    private static readonly WebhookSpec Github = new() { Scheme = WebhookScheme.Github, Secret = "${GITHUB_SECRET}" };

    [Fact]
    public async Task A_signed_request_runs_the_function_with_a_CloudEvent_and_is_counted()
    {
        await using var events = await StartAsync();
        var reply = await WebhookCall.Github("right", """{"n":7}""").SendAsync(events);
        Assert.Null(reply.Refusal);
        Assert.Equal(InvocationState.Succeeded, (await events.EndedAsync(reply.Id)).State);
        var ran = Assert.Single(events.Transport.Ran);
        Assert.Equal(("POST", "/", true), (ran.Entry.Request.Method, ran.Entry.Request.Path, ran.Entry.Request.IsEvent));
        var json = JsonDocument.Parse(ran.Body).RootElement;
        Assert.Equal(("com.github.push", 7), (json.GetProperty("type").GetString(), json.GetProperty("data").GetProperty("n").GetInt32()));
        Assert.Equal((1, 0, reply.Id), await events.TriggerAsync(Id, _ => true) is var trigger ? (trigger.Events, trigger.Failures, trigger.LastEvent) : default);
    }

    [Theory]
    [InlineData("wrong", """{"n":7}""", "not that of this body")]
    [InlineData("right", "tampered", "not that of this body")]
    [InlineData(null, """{"n":7}""", "X-Hub-Signature-256 is missing")]
    public async Task What_is_not_signed_runs_nothing_queues_nothing_and_is_counted_as_a_failure(string? secret, string body, string detail)
    {
        await using var events = await StartAsync();
        var call = WebhookCall.Github(secret ?? "right", """{"n":7}""").WithBody(body);
        var refusal = (await (secret is null ? call.Without("X-Hub-Signature-256") : call).SendAsync(events)).Refusal!;
        Assert.Equal((401, "Unauthorized"), (refusal.Status, refusal.Error));
        Assert.Contains(detail, refusal.Detail, StringComparison.Ordinal);
        Assert.Empty(events.Transport.Ran);
        Assert.Empty(await events.Queue.BacklogAsync(EventsFixture.Ct));
        var trigger = await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Running);   // the trigger works; it was the sender
        Assert.Equal((0, 1), (trigger.Events, trigger.Failures));
        Assert.Contains(detail, trigger.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delivery_that_comes_again_is_the_same_event_and_another_body_under_its_id_is_another_one()
    {
        await using var events = await StartAsync();
        var first = await WebhookCall.Github("right", "{}").SendAsync(events);
        await events.EndedAsync(first.Id);
        events.Clock.Advance(TimeSpan.FromMinutes(10));
        var again = await WebhookCall.Github("right", "{}").SendAsync(events);
        Assert.Equal((first.Id, true, null), (again.Id, again.IsReplay, again.Refusal));
        var other = await WebhookCall.Github("right", "{ }").SendAsync(events);
        Assert.Equal((false, null), (other.IsReplay, other.Refusal));
        var unnamed = (await WebhookCall.Github("right", "{}", delivery: null).SendAsync(events), await WebhookCall.Github("right", "{}", delivery: null).SendAsync(events));
        Assert.NotEqual(unnamed.Item1.Id, unnamed.Item2.Id);
        await events.EndedAsync(unnamed.Item2.Id);
        Assert.Equal(4, (await events.TriggerAsync(Id, _ => true)).Events);
    }

    [Fact]
    public async Task A_delivery_that_comes_twice_at_once_runs_once()
    {
        await using var events = await StartAsync();
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => WebhookCall.Github("right", "{}").SendAsync(events)));
        var id = Assert.Single(replies.Select(reply => reply.Id).Distinct());
        await events.EndedAsync(id);
        Assert.Equal([id], events.Transport.Ids);
    }

    [Fact]
    public async Task What_the_gateway_sends_again_after_a_lost_answer_is_accepted_once()
    {
        await using var events = await StartAsync();
        var call = WebhookCall.Github("right", "{}", delivery: null);
        await call.SendAsync(events, with: request => request with { Id = "call-1", Nonce = "n-1" });
        var again = await call.SendAsync(events, with: request => request with { Id = "call-1", Nonce = "n-1", IsRepeated = true });
        Assert.Equal(("call-1", null), (again.Id, again.Refusal));
        await events.EndedAsync("call-1");
        Assert.Equal(["call-1"], events.Transport.Ids);
    }

    [Fact]
    public async Task An_old_request_is_refused_although_it_is_signed()
    {
        await using var events = await WebhookCall.StartAsync(new WebhookSpec { Scheme = WebhookScheme.Stripe, Secret = "whsec_1", Tolerance = TimeSpan.FromMinutes(1) });
        var refusal = (await WebhookCall.Stripe("whsec_1", "{}", EventsFixture.Noon.AddSeconds(-61)).SendAsync(events)).Refusal!;
        Assert.Equal((400, "BadRequest"), (refusal.Status, refusal.Error));
        Assert.Null((await WebhookCall.Stripe("whsec_1", "{}", EventsFixture.Noon.AddSeconds(-60)).SendAsync(events)).Refusal);
    }

    [Fact]
    public async Task Each_secret_that_the_spec_names_counts_and_one_may_have_spaces()
    {
        await using var events = await WebhookCall.StartAsync(Github with { Secret = "${GITHUB_SECRET} ${OLD}" }, fixture =>
        {
            fixture.Secrets["GITHUB_SECRET"] = "It's a Secret to Everybody";
            fixture.Secrets["OLD"] = "old";
        });
        foreach (var secret in (string[])["It's a Secret to Everybody", "old"])
        {
            Assert.Null((await WebhookCall.Github(secret, "{}").SendAsync(events)).Refusal);
        }

        Assert.Equal(401, (await WebhookCall.Github("It's", "{}").SendAsync(events)).Refusal?.Status);
    }

    [Fact]
    public async Task A_missing_secret_is_no_open_door_and_the_trigger_names_it_while_the_sender_does_not_learn_it()
    {
        await using var events = await WebhookCall.StartAsync(Github);
        Assert.Contains("no secret 'GITHUB_SECRET'", (await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Failing)).Detail, StringComparison.Ordinal);
        var refusal = (await WebhookCall.Github("", "{}").SendAsync(events)).Refusal!;
        Assert.Equal((503, true), (refusal.Status, refusal.RetryAfterSeconds > 0));
        Assert.DoesNotContain("GITHUB_SECRET", refusal.Detail, StringComparison.Ordinal);
        Assert.Empty(events.Transport.Ran);
        events.Secrets["GITHUB_SECRET"] = "right";
        await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Running);
        Assert.Null((await WebhookCall.Github("right", "{}").SendAsync(events)).Refusal);
    }

    [Fact]
    public async Task A_secret_that_is_no_key_is_named_by_the_trigger()
    {
        await using var events = await WebhookCall.StartAsync(new WebhookSpec { Scheme = WebhookScheme.Standard, Secret = "${KEY}" }, fixture => fixture.Secrets["KEY"] = "not base64!");
        var detail = (await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Failing)).Detail!;
        Assert.Contains("whsec_", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("not base64!", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_paused_webhook_has_its_senders_try_again()
    {
        await using var events = await StartAsync();
        await events.Triggers.PauseAsync(Id, EventsFixture.Ct);
        Assert.Equal(401, (await WebhookCall.Github("wrong", "{}").SendAsync(events)).Refusal?.Status);
        var refusal = (await WebhookCall.Github("right", "{}").SendAsync(events)).Refusal!;
        Assert.Equal((503, 60), (refusal.Status, refusal.RetryAfterSeconds));
        Assert.Equal((0, 1), await events.TriggerAsync(Id, _ => true) is var trigger ? (trigger.Events, trigger.Skipped) : default);
        await events.Triggers.ResumeAsync(Id, EventsFixture.Ct);
        Assert.Null((await WebhookCall.Github("right", "{}").SendAsync(events)).Refusal);
    }

    [Fact]
    public async Task A_webhook_that_is_not_there_is_not_found_whatever_else_has_its_name()
    {
        await using var events = await EventsFixture.StartAsync(prepare: fixture => fixture.Functions.Deploy("hello", [new TriggerSpec { Topic = "orders" }]));
        foreach (var name in (string[])["webhook", "orders", ""])
        {
            Assert.Equal(404, (await WebhookCall.Github("right", "{}").SendAsync(events, name)).Refusal?.Status);
        }

        Assert.Equal(404, (await WebhookCall.Github("right", "{}").SendAsync(events, with: request => request with { Function = "none" })).Refusal?.Status);
    }

    [Fact]
    public async Task A_full_queue_is_told_and_counted()
    {
        await using var events = await EventsFixture.StartAsync(prepare: fixture =>
        {
            fixture.Secrets["GITHUB_SECRET"] = "right";
            fixture.Functions.Deploy("hello", new AsyncSpec { QueueMax = 1 }, 1, [new TriggerSpec { Webhook = Github }]);
        });
        await events.AcceptAsync("late", with: request => request with { Delay = TimeSpan.FromHours(1) });
        var refusal = (await WebhookCall.Github("right", "{}").SendAsync(events)).Refusal!;
        Assert.Equal((429, "QueueFull", true), (refusal.Status, refusal.Error, refusal.RetryAfterSeconds > 0));
        Assert.Equal(1, (await events.TriggerAsync(Id, _ => true)).Failures);
    }

    [Fact]
    public async Task What_is_not_signed_has_no_say_in_delays_callbacks_and_keys()
    {
        await using var events = await StartAsync();
        var reply = await WebhookCall.Github("right", "{}").SendAsync(events, with: request => request with
        {
            Delay = TimeSpan.FromDays(1), CallbackUrl = "http://thief.example/", Key = "mine", IsAwaited = true,
        });
        var ended = await events.EndedAsync(reply.Id);
        Assert.Equal((InvocationState.Succeeded, null, false), (ended.State, ended.Entry.CallbackUrl, ended.Entry.IsAwaited));
        Assert.StartsWith("webhook ", ended.Entry.Key?.Key, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_CloudEvent_that_is_none_is_refused_and_counted()
    {
        await using var events = await StartAsync();
        var refusal = (await WebhookCall.Github("right", "no json", contentType: "application/cloudevents+json").SendAsync(events)).Refusal!;
        Assert.Equal((400, "BadRequest"), (refusal.Status, refusal.Error));
        Assert.Equal(1, (await events.TriggerAsync(Id, _ => true)).Failures);
    }

    [Fact]
    public async Task A_webhook_counts_from_its_deployment_on()
    {
        await using var events = await EventsFixture.StartAsync();
        events.Secrets["GITHUB_SECRET"] = "right";
        events.Functions.Deploy("hello", [new TriggerSpec { Webhook = Github, Name = "push" }]);
        Assert.Null((await WebhookCall.Github("right", "{}").SendAsync(events, "push")).Refusal);   // the triggers' host may not have seen it yet
    }

    [Fact]
    public async Task A_webhook_cannot_be_fired_and_says_what_to_do()
    {
        await using var events = await StartAsync();
        var refusal = (await events.Triggers.FireAsync(Id, EventsFixture.Ct)).Refusal!;
        Assert.Equal(409, refusal.Status);
        Assert.Contains("signed request to /webhook/hello/webhook", refusal.Detail, StringComparison.Ordinal);
        Assert.Equal("github at /webhook/hello/webhook", (await events.TriggerAsync(Id, _ => true)).Subject);
    }

    [Fact]
    public async Task The_same_delivery_after_a_kill_is_still_the_same_event()
    {
        var events = await StartAsync();
        var first = await WebhookCall.Github("right", "{}").SendAsync(events);
        await events.EndedAsync(first.Id);
        await using var again = await EventsFixture.StartAsync(folder: await events.KillAsync(), prepare: Prepare);
        Assert.Equal((first.Id, true), await WebhookCall.Github("right", "{}").SendAsync(again) is var reply ? (reply.Id, reply.IsReplay) : default);
        Assert.Empty(again.Transport.Ran);
    }

    private static Task<EventsFixture> StartAsync() => EventsFixture.StartAsync(prepare: Prepare);

    private static void Prepare(EventsFixture fixture)
    {
        fixture.Secrets["GITHUB_SECRET"] = "right";
        fixture.Functions.Deploy("hello", [new TriggerSpec { Webhook = Github }]);
    }
}
