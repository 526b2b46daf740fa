using System.Text;
using Faas.Contracts.Invocations;

namespace Faas.Events.Tests;

/// <summary>What the platform itself has to say.</summary>
public sealed class AnnouncerTests
{
    private static readonly Announcement Spent = new("budget-1", "*.shop", Encoding.UTF8.GetBytes("""{"specversion":"1.0","id":"budget-1","source":"/budgets/x","type":"faas.budget.exceeded"}"""));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_announcement_that_is_sent_twice_is_delivered_once_and_tried_again_until_it_is_taken()
    {
        await using var events = await EventsFixture.StartAsync();
        events.Deliveries.Run = (claim, _) => Task.FromResult(claim.Failures == 0 ? FakeTransport.Failure(InvocationError.Unavailable) : FakeTransport.Answer(204, ""));
        await events.Announcer.SendAsync(Spent, "https://example.com/alerts", Ct);
        await events.Announcer.SendAsync(Spent, "https://example.com/alerts", Ct);
        await events.InStateAsync("budget-1", found => found.Failures == 1 && found.State == InvocationState.Queued);
        events.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(InvocationState.Succeeded, (await events.EndedAsync("budget-1")).State);
        Assert.Equal(2, events.Deliveries.Ran.Count);
        Assert.All(events.Deliveries.Ran, claim => Assert.Equal(Spent.CloudEvent.ToArray(), claim.Body.ToArray()));
    }

    [Fact]
    public async Task Listeners_of_a_topic_get_it_once_and_a_topic_without_any_is_said_to_have_none()
    {
        await using var events = await EventsFixture.StartAsync();
        Assert.Contains("no function listens", await events.Announcer.PublishAsync(Spent, "spending", Ct), StringComparison.Ordinal);
        events.Functions.Deploy("accountant", topic: "spending");
        Assert.Null(await events.Announcer.PublishAsync(Spent, "spending", Ct));
        Assert.Null(await events.Announcer.PublishAsync(Spent, "spending", Ct));
        await events.Transport.BeganAsync();
        Assert.Equal("accountant", Assert.Single(events.Transport.Ran).Entry.Function);
    }

    [Fact]
    public async Task Local_addresses_are_refused_unless_they_are_listed()
    {
        await using var events = await EventsFixture.StartAsync(new EventsOptions { LocalCallbackHosts = ["127.0.0.1"] });
        Assert.Null(events.Announcer.Refuses("http://127.0.0.1:9/alerts"));
        Assert.Null(events.Announcer.Refuses("https://example.com/alerts"));
        Assert.Contains("local address", events.Announcer.Refuses("http://localhost/alerts"), StringComparison.Ordinal);
        Assert.Contains("http or https", events.Announcer.Refuses("ftp://example.com"), StringComparison.Ordinal);
    }
}
