using System.Net;
using System.Text;
using Faas.Gateway.Tests.Fakes;
using Faas.Link;

namespace Faas.Gateway.Tests.Acceptance;

/// <summary>Webhooks' way through the gateway: everything that is signed goes to the controller as it came, nothing else counts.</summary>
public sealed class WebhookTests
{
    [Fact]
    public async Task A_request_goes_to_the_controller_whole_and_is_answered_once_it_is_durable()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        var answer = await SendAsync(gateway, "/webhook/hello/push?x=1", """{ "a" : 1 }""", ("X-Hub-Signature-256", "sha256=00"), ("X-GitHub-Delivery", "d-1"), ("X-Faas-Own", "kept"));
        var request = Assert.Single(gateway.Controller.Intake.Requests);
        Assert.Equal((HttpStatusCode.Accepted, request.Id), (answer.Status, answer.Header("X-Call-Id")));
        Assert.Contains($"\"invocationId\":\"{request.Id}\"", answer.Text, StringComparison.Ordinal);
        Assert.Equal(("hello", "push", "POST", """{ "a" : 1 }"""), (request.Function, request.Webhook, request.Method, request.Body.ToStringUtf8()));
        foreach (var (name, value) in ((string, string)[])[("X-Hub-Signature-256", "sha256=00"), ("X-GitHub-Delivery", "d-1"), ("X-Faas-Own", "kept"), ("Content-Type", "application/json")])
        {
            Assert.Contains(request.Headers, header => header.Name == name && header.Value == value);
        }
    }

    [Fact]
    public async Task What_is_not_signed_decides_nothing()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        await SendAsync(
            gateway, "/webhook/hello/push", "{}", ("X-Call-Id", "theirs"), ("Idempotency-Key", "theirs"), ("X-Faas-Delay", "soon"), ("X-Callback-Url", "http://thief.example/"), ("X-Faas-Invocation", "async"));
        var request = Assert.Single(gateway.Controller.Intake.Requests);
        Assert.NotEqual("theirs", request.Id);
        Assert.Equal(("", 0, "", false), (request.Key, request.DelayMs, request.CallbackUrl, request.IsAwaited));
    }

    [Fact]
    public async Task The_controller_s_refusal_and_an_earlier_delivery_s_answer_reach_the_sender()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        gateway.Controller.Intake.Answer = request => new AcceptReply { Id = request.Id, Error = "Unauthorized", Status = 401, Detail = "X-Hub-Signature-256 is missing" };
        var refused = await SendAsync(gateway, "/webhook/hello/push", "{}");
        Assert.Equal((HttpStatusCode.Unauthorized, "Unauthorized"), (refused.Status, refused.Error));
        Assert.Contains("X-Hub-Signature-256", refused.Detail, StringComparison.Ordinal);
        gateway.Controller.Intake.Answer = request => new AcceptReply { Id = request.Id, Error = "Unavailable", Status = 503, Detail = "paused", RetryAfterS = 60 };
        Assert.Equal("60", (await SendAsync(gateway, "/webhook/hello/push", "{}")).Header("Retry-After"));
        gateway.Controller.Intake.Answer = _ => new AcceptReply { Id = "first", IsReplay = true };
        var again = await SendAsync(gateway, "/webhook/hello/push", "{}");
        Assert.Equal((HttpStatusCode.Accepted, "first", "true"), (again.Status, again.Header("X-Call-Id"), again.Header("Idempotency-Replayed")));
    }

    [Theory]
    [InlineData("/webhook/nope/push")]
    [InlineData("/webhook/hello")]
    [InlineData("/webhook/hello/")]
    [InlineData("/webhook/hello/push/")]
    [InlineData("/webhook/hello/push/extra")]
    [InlineData("/webhook/hello/Push")]
    [InlineData("/webhook/hello/pu%2Fsh")]
    [InlineData("/webhook/")]
    [InlineData("/webhook")]
    public async Task What_is_no_webhook_s_address_is_not_found_and_asks_nobody(string path)
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        var answer = await SendAsync(gateway, path, "{}");
        Assert.Equal((HttpStatusCode.NotFound, "NotFound"), (answer.Status, answer.Error));
        Assert.Empty(gateway.Controller.Intake.Requests);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    public async Task Only_POST_is_allowed(string method)
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        var answer = await gateway.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/webhook/hello/push"));
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "POST"), (answer.Status, answer.Header("Allow")));
        Assert.Empty(gateway.Controller.Intake.Requests);
    }

    [Fact]
    public async Task A_body_of_more_than_a_megabyte_is_refused_with_its_limit()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        using var known = new ByteArrayContent(new byte[(1024 * 1024) + 1]);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "TooLarge"), await gateway.PostAsync("/webhook/hello/push", known) is var refused ? (refused.Status, refused.Error) : default);
        using var chunked = new StreamContent(new UnseekableStream(new byte[(1024 * 1024) + 1]));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await gateway.PostAsync("/webhook/hello/push", chunked)).Status);
        Assert.Empty(gateway.Controller.Intake.Requests);
        using var whole = new ByteArrayContent(new byte[1024 * 1024]);
        Assert.Equal(HttpStatusCode.Accepted, (await gateway.PostAsync("/webhook/hello/push", whole)).Status);
    }

    [Fact]
    public async Task What_a_killed_controller_did_not_answer_is_sent_again_under_the_same_name()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        var intake = gateway.Controller.Intake;
        intake.Answer = _ => null;
        var call = SendAsync(gateway, "/webhook/hello/push", "{}");
        await GatewayFixture.EventuallyAsync(() => intake.Requests.Count == 1);
        intake.Answer = request => new AcceptReply { Id = request.Id };
        intake.Break();
        Assert.Equal(HttpStatusCode.Accepted, (await call).Status);
        var requests = intake.Requests.ToList();
        Assert.Equal((requests[0].Nonce, requests[0].Id, "push", true), (requests[1].Nonce, requests[1].Id, requests[1].Webhook, requests[1].IsRepeated));
    }

    [Fact]
    public async Task A_connection_that_has_called_a_function_goes_on_to_a_webhook()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync();
        await using var caller = await RawCaller.ConnectAsync(gateway);
        await caller.GetAsync();
        Assert.StartsWith("HTTP/1.1 200 ", (await caller.ReadAsync()).Head, StringComparison.Ordinal);
        await caller.SendAsync("POST /webhook/hello/push HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
        Assert.StartsWith("HTTP/1.1 202 ", (await caller.ReadAsync()).Head, StringComparison.Ordinal);
        await caller.GetAsync();
        Assert.StartsWith("HTTP/1.1 200 ", (await caller.ReadAsync()).Head, StringComparison.Ordinal);
    }

    private static Task<Answer> SendAsync(GatewayFixture gateway, string path, string body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return gateway.SendAsync(request);
    }
}
