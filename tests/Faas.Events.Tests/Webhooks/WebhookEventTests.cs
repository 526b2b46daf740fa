using System.Text;
using System.Text.Json;
using Faas.Contracts.Functions;
using Faas.Events.Webhooks;

namespace Faas.Events.Tests.Webhooks;

/// <summary>What signed requests become.</summary>
public sealed class WebhookEventTests
{
    private const string Repository = "\"repository\":{\"html_url\":\"https://github.com/octo/hello\",\"url\":\"https://api.github.com/repos/octo/hello\"}";

    [Theory]
    [InlineData("push", """{"ref":"refs/heads/main",R}""", "com.github.push", "refs/heads/main")]
    [InlineData("pull_request", """{"action":"opened","number":42,R}""", "com.github.pull_request.opened", "42")]
    [InlineData("issues", """{"action":"closed","issue":{"number":7},R}""", "com.github.issues.closed", "7")]
    [InlineData("star", """{"action":"created",R}""", "com.github.star.created", null)]
    public void GitHub_s_events_have_its_names(string name, string body, string type, string? subject)
    {
        var json = Read(WebhookScheme.Github, WebhookCall.Github("s", body.Replace("R", Repository, StringComparison.Ordinal), "d-1", name));
        Assert.Equal(("d-1", type, "https://github.com/octo/hello"), (Text(json, "id"), Text(json, "type"), Text(json, "source")));
        Assert.Equal(subject, json.TryGetProperty("subject", out var found) ? found.GetString() : null);
        Assert.Equal("2026-11-29T12:00:00.000Z", Text(json, "time"));
        Assert.Equal(JsonValueKind.Object, json.GetProperty("data").ValueKind);
    }

    [Fact]
    public void What_does_not_say_where_it_is_from_is_from_GitHub_or_its_organization()
    {
        Assert.Equal("https://github.com", Text(Read(WebhookScheme.Github, WebhookCall.Github("s", "{}", "d-1", "ping")), "source"));
        Assert.Equal("https://github.com/octo", Text(Read(WebhookScheme.Github, WebhookCall.Github("s", """{"organization":{"login":"octo"}}""", "d-1", "organization")), "source"));
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("")]
    [InlineData("a\u0001b")]
    public void A_name_that_is_none_is_no_part_of_a_type(string name) =>
        Assert.Equal("faas.webhook.received", Text(Read(WebhookScheme.Github, WebhookCall.Github("s", "{}", "d-1", name)), "type"));

    [Fact]
    public void GitHub_s_form_is_unwrapped()
    {
        var body = "payload=" + Uri.EscapeDataString("""{"ref":"a b+c","n":1}""").Replace("%20", "+", StringComparison.Ordinal);
        var json = Read(WebhookScheme.Github, WebhookCall.Github("s", body, "d-1", "push", "application/x-www-form-urlencoded"));
        Assert.Equal(("a b+c", "a b+c", "application/json"), (Text(json, "subject"), json.GetProperty("data").GetProperty("ref").GetString(), Text(json, "datacontenttype")));
    }

    [Fact]
    public void Stripe_s_events_have_its_ids_and_types()
    {
        var json = Read(WebhookScheme.Stripe, WebhookCall.Stripe("s", """{"id":"evt_1","type":"invoice.paid","created":1614265330}""", EventsFixture.Noon));
        Assert.Equal(("evt_1", "com.stripe.invoice.paid", "/triggers/hello/webhook", "2021-02-25T15:02:10.000Z"), (Text(json, "id"), Text(json, "type"), Text(json, "source"), Text(json, "time")));
    }

    [Fact]
    public void Standard_webhooks_say_their_id_time_and_type()
    {
        var json = Read(WebhookScheme.Standard, WebhookCall.Standard([1], "msg_1", """{"type":"user.created"}""", EventsFixture.Noon.AddSeconds(-9)));
        Assert.Equal(("msg_1", "user.created", "2026-11-29T11:59:51.000Z"), (Text(json, "id"), Text(json, "type"), Text(json, "time")));
        Assert.Equal("faas.webhook.received", Text(Read(WebhookScheme.Standard, WebhookCall.Standard([1], "msg_1", "text", EventsFixture.Noon)), "type"));
    }

    [Fact]
    public void Other_bodies_are_data_as_they_are()
    {
        var text = Read(WebhookScheme.Hmac, WebhookCall.Of("plain", ("Content-Type", "text/plain"), ("X-Request-Id", "r-1")), spec => spec with { IdHeader = "X-Request-Id" });
        Assert.Equal(("r-1", "faas.webhook.received", "plain"), (Text(text, "id"), Text(text, "type"), Text(text, "data")));
        var unnamed = Read(WebhookScheme.Hmac, WebhookCall.Of("{}"));
        Assert.Equal(("call-1", JsonValueKind.Object), (Text(unnamed, "id"), unnamed.GetProperty("data").ValueKind));
        var bytes = new WebhookCall([0xff, 0xfe], []);
        Assert.Equal("//4=", Text(Read(WebhookScheme.Hmac, bytes), "data_base64"));
    }

    [Fact]
    public void A_CloudEvent_passes_as_it_is()
    {
        const string Structured = """{"specversion":"1.0","id":"1","source":"/shop","type":"order","data":1}""";
        Assert.Equal(Structured, Encoding.UTF8.GetString(Event(WebhookScheme.Hmac, WebhookCall.Of(Structured, ("Content-Type", "application/cloudevents+json")))!.Json.Span));
        var binary = Read(WebhookScheme.Hmac, WebhookCall.Of("1", ("Content-Type", "application/json"), ("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/shop"), ("ce-type", "order")));
        Assert.Equal(("1", "/shop", "order"), (Text(binary, "id"), Text(binary, "source"), Text(binary, "type")));
    }

    [Theory]
    [InlineData("application/cloudevents+json", "no json")]
    [InlineData("application/cloudevents+json", """{"specversion":"1.0"}""")]
    [InlineData("application/cloudevents-batch+json", "[]")]
    public void A_CloudEvent_that_is_none_is_refused(string type, string body) => Assert.Null(Event(WebhookScheme.Hmac, WebhookCall.Of(body, ("Content-Type", type))));

    [Fact]
    public void The_key_stands_for_the_trigger_the_id_and_the_body()
    {
        string? Key(WebhookCall call, string trigger = "hello/webhook") => Event(WebhookScheme.Github, call, trigger: trigger)!.Key;
        var key = Key(WebhookCall.Github("s", "{}"));
        Assert.Equal(key, Key(WebhookCall.Github("other", "{}").With("X-Hub-Signature-256", "any").With("User-Agent", "other")));
        Assert.NotEqual(key, Key(WebhookCall.Github("s", "{ }")));
        Assert.NotEqual(key, Key(WebhookCall.Github("s", "{}", "d-2")));
        Assert.NotEqual(key, Key(WebhookCall.Github("s", "{}"), "hello/other"));
        Assert.Null(Key(WebhookCall.Github("s", "{}", delivery: null)));
        Assert.Contains(' ', key!);   // so that no Idempotency-Key is the same
    }

    [Fact]
    public void Stripe_s_id_alone_makes_two_requests_one_event()
    {
        string? Key(string body) => Event(WebhookScheme.Stripe, WebhookCall.Stripe("s", body, EventsFixture.Noon))!.Key;
        Assert.Equal(Key("""{"id":"evt_1","pending_webhooks":2}"""), Key("""{"id":"evt_1","pending_webhooks":1}"""));
        Assert.NotEqual(Key("""{"id":"evt_1"}"""), Key("""{"id":"evt_2"}"""));
        Assert.Null(Key("[]"));
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static JsonElement Read(WebhookScheme scheme, WebhookCall call, Func<WebhookSpec, WebhookSpec>? change = null) => JsonDocument.Parse(Event(scheme, call, change)!.Json).RootElement;

    private static WebhookEvent? Event(WebhookScheme scheme, WebhookCall call, Func<WebhookSpec, WebhookSpec>? change = null, string trigger = "hello/webhook")
    {
        var spec = new WebhookSpec { Scheme = scheme, Secret = "x" };
        return WebhookEvent.TryRead(trigger, change is null ? spec : change(spec), WebhookRequest.Of(call.Headers, call.Body), "call-1", EventsFixture.Noon, out _);
    }
}
