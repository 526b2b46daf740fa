using System.Text;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Events.Tests.Triggers;

public sealed class CronTriggerTests
{
    private const string Id = "hello/minutely";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task It_fires_at_its_time_and_its_function_gets_an_event_that_says_when()
    {
        await using var events = await StartAsync();
        Assert.Empty(events.Transport.Ran);
        await events.AfterAsync(Minute, Id, trigger => trigger.Events == 1);
        await events.EndedAsync(EventAt(1));

        var claim = Assert.Single(events.Transport.Ran);
        Assert.True(claim.Entry.Request.IsEvent);
        using var json = JsonDocument.Parse(claim.Body);
        Assert.Equal("faas.cron.fired", json.RootElement.GetProperty("type").GetString());
        Assert.Equal("/triggers/hello/minutely", json.RootElement.GetProperty("source").GetString());
        Assert.Equal("2026-11-29T12:01:00.000Z", json.RootElement.GetProperty("data").GetProperty("scheduledAt").GetString());
    }

    [Fact]
    public async Task The_payload_of_the_manifest_is_the_events_data()
    {
        await using var events = await StartAsync(cron => cron with { Payload = """{"report":"daily"}""" });
        await events.AfterAsync(Minute, Id, trigger => trigger.Events == 1);
        await events.EndedAsync(EventAt(1));
        Assert.Contains(""""data":{"report":"daily"}"""", Encoding.UTF8.GetString(events.Transport.Ran[0].Body.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_firing_that_was_accepted_before_the_platform_was_killed_and_not_noted_down_happens_once()
    {
        var killed = await StartAsync();
        killed.TriggerStore.SavesFail = true;
        await killed.AfterAsync(Minute, Id, trigger => trigger.State == TriggerState.Failing);
        await killed.EndedAsync(EventAt(1));
        var folder = await killed.KillAsync();

        await using var events = await StartAsync(folder: folder, now: killed.Clock.GetUtcNow());
        await events.TriggerAsync(Id, trigger => trigger is { Events: 1, LastEvent: not null });   // the same event, accepted again
        Assert.Equal(EventAt(1), (await events.TriggerAsync(Id, _ => true)).LastEvent);
        await events.AfterAsync(Minute, Id, trigger => trigger.Events == 2);
        await events.EndedAsync(EventAt(2));
        Assert.Equal([EventAt(2)], events.Transport.Ids);
    }

    [Fact]
    public async Task A_firing_that_came_due_while_the_platform_was_down_is_made_up_for()
    {
        var killed = await StartAsync();
        await killed.AfterAsync(Minute, Id, trigger => trigger.Events == 1);
        await killed.EndedAsync(EventAt(1));
        var folder = await killed.KillAsync();

        await using var events = await StartAsync(folder: folder, now: EventsFixture.Noon.AddMinutes(10).AddSeconds(1));
        await events.EndedAsync(EventAt(10));
        Assert.Equal([EventAt(10)], events.Transport.Ids);
    }

    [Fact]
    public async Task A_firing_whose_predecessor_still_runs_is_left_out()
    {
        var gate = new TaskCompletionSource();
        await using var events = await StartAsync();
        events.Transport.Run = async (_, ct) =>
        {
            await gate.Task.WaitAsync(ct);
            return FakeTransport.Answer(200, "");
        };
        await events.AfterAsync(Minute, Id, trigger => trigger.Events == 1);
        await events.Transport.BeganAsync();
        Assert.Equal(1, (await events.AfterAsync(Minute, Id, trigger => trigger.Skipped == 1)).Events);

        gate.SetResult();
        await events.EndedAsync(EventAt(1));
        await events.AfterAsync(Minute, Id, trigger => trigger.Events == 2);
        await events.EndedAsync(EventAt(3));
    }

    [Fact]
    public async Task With_overlap_queue_a_firing_begins_when_its_predecessor_ends()
    {
        var gate = new TaskCompletionSource();
        await using var events = await StartAsync(cron => cron with { Overlap = OverlapPolicy.Queue });
        events.Transport.Run = async (_, ct) =>
        {
            await gate.Task.WaitAsync(ct);
            return FakeTransport.Answer(200, "");
        };
        await events.AfterAsync(Minute, Id, trigger => trigger.Events == 1);
        await events.AfterAsync(Minute, Id, trigger => trigger.NextAt == EventsFixture.Noon.AddMinutes(3));
        Assert.Equal(1, (await events.TriggerAsync(Id, _ => true)).Events);

        gate.SetResult();
        await events.TriggerAsync(Id, trigger => trigger.Events == 2);
        await events.EndedAsync(EventAt(2));
    }

    [Fact]
    public async Task A_pause_survives_a_restart_and_what_came_due_in_it_is_not_made_up_for()
    {
        var before = await StartAsync(cron => cron with { CatchUp = CatchUpPolicy.All });
        Assert.Equal(TriggerState.Paused, (await before.Triggers.PauseAsync(Id, EventsFixture.Ct))!.State);
        var folder = await before.KillAsync();

        await using var events = await StartAsync(cron => cron with { CatchUp = CatchUpPolicy.All }, folder, EventsFixture.Noon.AddMinutes(5).AddSeconds(30), TriggerState.Paused);
        Assert.Equal(TriggerState.Paused, (await events.AfterAsync(Minute, Id, _ => true)).State);
        await events.Triggers.ResumeAsync(Id, EventsFixture.Ct);
        Assert.Equal((0, 6), (await events.TriggerAsync(Id, trigger => trigger.Skipped > 0)) is var resumed ? (resumed.Events, resumed.Skipped) : default);
        await events.AfterAsync(Minute, Id, trigger => trigger.Events == 1);
        await events.EndedAsync(EventAt(7));
        Assert.Equal([EventAt(7)], events.Transport.Ids);
    }

    [Fact]
    public async Task A_forgotten_trigger_is_paused_and_begins_anew_when_it_is_resumed()
    {
        await using var events = await StartAsync(cron => cron with { CatchUp = CatchUpPolicy.All });
        Assert.Equal(TriggerState.Paused, (await events.Triggers.ForgetAsync(Id, EventsFixture.Ct))!.State);
        events.Clock.Advance(5 * Minute);
        await events.Triggers.ResumeAsync(Id, EventsFixture.Ct);
        var resumed = await events.TriggerAsync(Id, trigger => trigger.NextAt is not null);
        Assert.Equal((0, 0), (resumed.Events, resumed.Skipped));
    }

    [Fact]
    public async Task It_can_be_fired_at_once_even_while_it_is_paused()
    {
        await using var events = await StartAsync();
        await events.Triggers.PauseAsync(Id, EventsFixture.Ct);
        var fired = await events.Triggers.FireAsync(Id, EventsFixture.Ct);
        Assert.StartsWith("cron-hello.minutely-manual-", fired.Invocation, StringComparison.Ordinal);
        Assert.Equal(InvocationState.Succeeded, (await events.EndedAsync(fired.Invocation!)).State);
    }

    [Fact]
    public async Task An_event_that_fails_for_good_is_counted_and_its_reason_shown()
    {
        await using var events = await StartAsync();
        events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Answer(400, "no"));
        var failed = await events.AfterAsync(Minute, Id, trigger => trigger.Failures == 1);
        Assert.Contains(EventAt(1), failed.LastError, StringComparison.Ordinal);
        Assert.Equal(TriggerState.Running, failed.State);
    }

    [Fact]
    public async Task Another_schedule_counts_from_its_deployment()
    {
        await using var events = await StartAsync();
        events.Functions.Deploy("hello", new TriggerSpec { Name = "minutely", Cron = new CronSpec { Schedule = "30 12 * * *" } });
        await events.TriggerAsync(Id, trigger => trigger.NextAt == EventsFixture.Noon.AddMinutes(30));
        await events.AfterAsync(Minute, Id, _ => true);
        Assert.Empty(events.Transport.Ran);
    }

    private static string EventAt(int minute) => FormattableString.Invariant($"cron-hello.minutely-{EventsFixture.Noon.AddMinutes(minute).ToUnixTimeSeconds()}");

    /// <summary>Starts with a trigger for every minute, which has looked once.</summary>
    private static async Task<EventsFixture> StartAsync(
        Func<CronSpec, CronSpec>? with = null, string? folder = null, DateTimeOffset? now = null, TriggerState state = TriggerState.Running)
    {
        var cron = new CronSpec { Schedule = "* * * * *" };
        var trigger = new TriggerSpec { Name = "minutely", Cron = with is null ? cron : with(cron) };
        var events = await EventsFixture.StartAsync(folder: folder, now: now, prepare: fixture => fixture.Functions.Deploy("hello", trigger));
        await events.TriggerAsync(Id, found => found.State == state && (state == TriggerState.Paused || found.NextAt is not null));
        return events;
    }
}
