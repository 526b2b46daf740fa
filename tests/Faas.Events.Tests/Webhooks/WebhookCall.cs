using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Events.Tests.Webhooks;

/// <summary>Requests as the senders of webhooks sign them; the signatures are made here and not by the code under test.</summary>
internal sealed record WebhookCall(byte[] Body, IReadOnlyList<HeaderField> Headers)
{
    public static WebhookCall Of(string body, params IReadOnlyList<(string Name, string Value)> headers) =>
        new(Encoding.UTF8.GetBytes(body), [.. headers.Select(header => new HeaderField(header.Name, header.Value))]);

    public static WebhookCall Github(string secret, string body, string? delivery = "d-1", string @event = "push", string contentType = "application/json")
    {
        var call = Of(body, ("Content-Type", contentType), ("X-GitHub-Event", @event), ("X-Hub-Signature-256", "sha256=" + Hex(secret, body)));
        return delivery is null ? call : call.With("X-GitHub-Delivery", delivery);
    }

    public static WebhookCall Stripe(string secret, string body, DateTimeOffset at)
    {
        var time = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return Of(body, ("Content-Type", "application/json; charset=utf-8"), ("Stripe-Signature", $"t={time},v1={Hex(secret, $"{time}.{body}")},v0=00"));
    }

    public static WebhookCall Standard(byte[] key, string id, string body, DateTimeOffset at)
    {
        var time = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}.{time}.{body}")));
        return Of(body, ("Content-Type", "application/json"), ("webhook-id", id), ("webhook-timestamp", time), ("webhook-signature", "v1," + signature));
    }

    public static string Hex(string secret, string text) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text)));

    /// <summary>The same with another header.</summary>
    public WebhookCall With(string name, string value) => this with { Headers = [.. Headers.Where(header => header.Name != name), new HeaderField(name, value)] };

    public WebhookCall Without(string name) => this with { Headers = [.. Headers.Where(header => header.Name != name)] };

    public WebhookCall WithBody(string body) => this with { Body = Encoding.UTF8.GetBytes(body) };

    /// <summary>Sends it as the gateway does.</summary>
    public Task<IntakeReply> SendAsync(EventsFixture events, string name = "webhook", Func<IntakeRequest, IntakeRequest>? with = null)
    {
        var id = Guid.NewGuid().ToString("N");
        var request = new IntakeRequest { Function = "hello", Id = id, Nonce = id, Request = new InvocationRequest(false, "POST", "/", "", Headers), Body = Body };
        return events.Webhooks.AcceptAsync(name, with is null ? request : with(request), EventsFixture.Ct);
    }

    /// <summary>Events with a webhook of a function hello.</summary>
    public static Task<EventsFixture> StartAsync(WebhookSpec spec, Action<EventsFixture>? prepare = null) => EventsFixture.StartAsync(prepare: fixture =>
    {
        prepare?.Invoke(fixture);
        fixture.Functions.Deploy("hello", [new TriggerSpec { Webhook = spec }]);
    });
}
