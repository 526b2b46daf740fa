using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events.Tests;

public sealed class DeliveryTests : IAsyncLifetime
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    private Receiver _receiver = null!;   // InitializeAsync runs before every test

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _receiver = await Receiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Fact]
    public async Task A_caller_s_address_gets_the_result_with_what_is_known_about_it()
    {
        await using var events = await StartAsync();
        events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Answer(201, "made"));
        await events.AcceptAsync("a", with: request => request with { CallbackUrl = _receiver.Url });
        var delivered = await DeliveredAsync(events, "a.1.callback");
        Assert.Equal(InvocationState.Succeeded, delivered.State);

        var (headers, body) = Assert.Single(_receiver.Received);
        Assert.Equal("made", Encoding.UTF8.GetString(body));
        Assert.Equal(("a", "hello", "201", "text/plain", "Succeeded"),
            (headers["x-call-id"], headers["x-function-name"], headers["x-function-status"], headers["content-type"], headers["x-faas-state"]));
    }

    [Fact]
    public async Task What_is_sent_is_signed_as_standard_webhooks_has_it()
    {
        await using var events = await StartAsync();
        await events.AcceptAsync("a", with: request => request with { CallbackUrl = _receiver.Url });
        await DeliveredAsync(events, "a.1.callback");
        var (headers, body) = Assert.Single(_receiver.Received);
        var signed = Encoding.UTF8.GetBytes($"{headers["webhook-id"]}.{headers["webhook-timestamp"]}.").Concat(body).ToArray();
        Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData(Key, signed)), headers["webhook-signature"]);
        Assert.Equal(events.Clock.GetUtcNow().ToUnixTimeSeconds().ToString(null as IFormatProvider), headers["webhook-timestamp"]);
    }

    [Fact]
    public async Task A_receiver_that_fails_is_tried_again_and_the_function_is_not_run_again()
    {
        await using var events = await StartAsync();
        _receiver.Statuses.Enqueue(503);
        await events.AcceptAsync("a", with: request => request with { CallbackUrl = _receiver.Url });
        var queued = await events.InStateAsync("a.1.callback", found => found is { State: InvocationState.Queued, Failures: 1 });
        events.Clock.Advance(queued.At - events.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, (await DeliveredAsync(events, "a.1.callback")).Attempts);
        Assert.Equal(2, _receiver.Received.Count);
        Assert.Single(events.Transport.Ran);
    }

    [Fact]
    public async Task A_redirection_is_not_followed()
    {
        await using var events = await StartAsync();
        _receiver.Statuses.Enqueue(302);
        await events.AcceptAsync("a", with: request => request with { CallbackUrl = _receiver.Url });
        await events.InStateAsync("a.1.callback", found => found.Failures == 1);
        Assert.Single(_receiver.Received);
    }

    [Fact]
    public async Task A_receiver_that_is_gone_leaves_a_dead_letter_that_says_where_to()
    {
        await using var events = await StartAsync();
        _receiver.Statuses.Enqueue(410);
        await events.AcceptAsync("a", with: request => request with { CallbackUrl = _receiver.Url });
        var dead = await DeliveredAsync(events, "a.1.callback");
        Assert.Equal((InvocationState.DeadLettered, _receiver.Url), (dead.State, dead.Entry.DeliverTo));
        Assert.Equal(InvocationState.Succeeded, (await events.EndedAsync("a")).State);
    }

    [Fact]
    public async Task A_name_that_leads_to_this_machine_is_not_connected_to()
    {
        using var transport = new DeliveryTransport(new EventsOptions(), new CallbackSigner(Key), TimeProvider.System);
        var entry = new QueueEntry
        {
            Id = "a", Lane = "hello/deliveries", Function = "hello", AcceptedAt = EventsFixture.Noon, DueAt = EventsFixture.Noon, Nonce = "n",
            Request = new InvocationRequest(true, "POST", "/", "", []), IsCallersAddress = true, DeliverTo = _receiver.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal),
        };
        var result = await transport.RunAsync(new Claim(entry, default, 1, 0, EventsFixture.Noon), Ct);
        Assert.Equal(InvocationError.Unavailable, result.Error);
        Assert.Contains("local address", result.Detail, StringComparison.Ordinal);
        Assert.Empty(_receiver.Received);

        var own = await transport.RunAsync(new Claim(entry with { IsCallersAddress = false }, default, 1, 0, EventsFixture.Noon), Ct);
        Assert.Equal(200, own.Status);
    }

    [Fact]
    public async Task Destinations_get_a_cloud_event_about_the_end()
    {
        await using var events = await StartAsync(new AsyncSpec { OnSuccess = new Destination { Url = _receiver.Url }, OnFailure = new Destination { Function = "mourner" } });
        events.Functions.Deploy("mourner");
        events.Transport.Run = (claim, _) => Task.FromResult(FakeTransport.Answer(claim.Entry.Id == "bad" ? 400 : 200, "{\"total\":3}"));
        await events.AcceptAsync("good");
        await DeliveredAsync(events, "good.1.success");
        var (headers, body) = Assert.Single(_receiver.Received);
        Assert.Equal("application/cloudevents+json", headers["content-type"]);
        using var sent = JsonDocument.Parse(body);
        Assert.Equal(("1.0", "faas.invocation.succeeded", "good"),
            (sent.RootElement.GetProperty("specversion").GetString(), sent.RootElement.GetProperty("type").GetString(), sent.RootElement.GetProperty("subject").GetString()));
        Assert.Equal(3, sent.RootElement.GetProperty("data").GetProperty("response").GetProperty("body").GetProperty("total").GetInt32());

        await events.AcceptAsync("bad");
        await DeliveredAsync(events, "bad.1.failure");
        using var told = JsonDocument.Parse(events.Transport.Ran.Single(claim => claim.Entry.Function == "mourner").Body);
        Assert.Equal(("faas.invocation.failed", "body of bad"),
            (told.RootElement.GetProperty("type").GetString(), told.RootElement.GetProperty("data").GetProperty("request").GetProperty("body").GetString()));
    }

    [Fact]
    public async Task Functions_that_tell_each_other_in_a_circle_stop_at_a_depth()
    {
        await using var events = await StartAsync(new AsyncSpec { OnSuccess = new Destination { Function = "hello" } });
        await events.AcceptAsync("a");
        await events.InStateAsync("a" + string.Concat(Enumerable.Repeat(".1.success", 16)), found => found.State == InvocationState.Succeeded);
        await events.AcceptAsync("b", with: request => request with { IsAwaited = true });
        Assert.Equal(17, events.Transport.Ran.Count(claim => claim.Entry.Id.StartsWith('a')));
    }

    private static async Task<EventsFixture> StartAsync(AsyncSpec? policy = null)
    {
        var options = new EventsOptions { LocalCallbackHosts = ["127.0.0.1"] };
        return await EventsFixture.StartAsync(options, prepare: events =>
        {
            events.Functions.Deploy("hello", policy);
            var transport = new DeliveryTransport(options, new CallbackSigner(Key), events.Clock);
            events.Deliveries.Run = transport.RunAsync;
        });
    }

    private static async Task<QueuedInvocation> DeliveredAsync(EventsFixture events, string id) => await events.InStateAsync(id, found => found.State.HasEnded());
}
