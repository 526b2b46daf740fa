using System.Net;
using System.Text;
using Faas.Gateway.Tests.Fakes;
using Faas.Link;
using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.Acceptance;

public sealed class AcceptTests
{
    [Fact]
    public async Task A_request_to_be_queued_is_answered_with_202_and_its_id_once_the_controller_has_it()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        var answer = await PostAsync(gateway, "/async-function/hello/a%20b?x=1", "hi", ("X-Call-Id", "my-id"), ("X-Name", "Ada"));
        Assert.Equal(HttpStatusCode.Accepted, answer.Status);
        Assert.Equal("my-id", answer.Header("X-Call-Id"));
        Assert.Contains("\"invocationId\":\"my-id\"", answer.Text, StringComparison.Ordinal);

        var request = Assert.Single(gateway.Controller.Intake.Requests);
        Assert.Equal(("hello", "my-id", "POST", "/a%20b", "x=1", "hi"), (request.Function, request.Id, request.Method, request.Path, request.Query, request.Body.ToStringUtf8()));
        Assert.Contains(request.Headers, header => header is { Name: "X-Name", Value: "Ada" });
        Assert.Contains(request.Headers, header => header is { Name: "X-Forwarded-For", Value: "127.0.0.1" });
        Assert.DoesNotContain(request.Headers, header => header.Name.Equals("X-Call-Id", StringComparison.OrdinalIgnoreCase));
        Assert.False(request.IsAwaited);
    }

    [Fact]
    public async Task The_header_queues_a_request_to_the_usual_address_and_is_not_the_function_s()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(gateway, "/function/hello", "hi", ("X-Faas-Invocation", "async"), ("X-Faas-Delay", "90s"), ("X-Callback-Url", "http://example.com/"))).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(gateway, "/v1/functions/hello/invocations", "{}", ("X-Faas-Invocation", "async"))).Status);
        var requests = gateway.Controller.Intake.Requests.ToList();
        Assert.Equal((90_000, "http://example.com/", false), (requests[0].DelayMs, requests[0].CallbackUrl, requests[0].IsEvent));
        Assert.True(requests[1].IsEvent);
        Assert.DoesNotContain(requests[0].Headers, header => header.Name.StartsWith("X-Faas-", StringComparison.OrdinalIgnoreCase) || header.Name == "X-Callback-Url");
    }

    [Fact]
    public async Task Nothing_is_accepted_for_a_function_that_does_not_exist()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        var answer = await PostAsync(gateway, "/async-function/nope", "hi");
        Assert.Equal((HttpStatusCode.NotFound, "NotFound"), (answer.Status, answer.Header("X-Faas-Error")));
        Assert.Empty(gateway.Controller.Intake.Requests);
    }

    [Fact]
    public async Task A_body_of_more_than_a_megabyte_is_refused_with_its_limit()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        using var known = new ByteArrayContent(new byte[(1024 * 1024) + 1]);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await gateway.PostAsync("/async-function/hello", known)).Status);
        using var chunked = new StreamContent(new UnseekableStream(new byte[(1024 * 1024) + 1]));
        var answer = await gateway.PostAsync("/async-function/hello", chunked);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "TooLarge"), (answer.Status, answer.Header("X-Faas-Error")));
        Assert.Empty(gateway.Controller.Intake.Requests);
        using var whole = new ByteArrayContent(new byte[1024 * 1024]);
        Assert.Equal(HttpStatusCode.Accepted, (await gateway.PostAsync("/async-function/hello", whole)).Status);
    }

    [Theory]
    [InlineData("X-Faas-Delay", "soon")]
    [InlineData("X-Faas-Delay", "-1s")]
    [InlineData("Idempotency-Key", "two words")]
    [InlineData("X-Call-Id", "a/b")]
    public async Task A_header_that_cannot_be_read_is_refused_and_named(string name, string value)
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        var answer = await PostAsync(gateway, "/async-function/hello", "hi", (name, value));
        Assert.Equal((HttpStatusCode.BadRequest, "BadRequest"), (answer.Status, answer.Header("X-Faas-Error")));
        Assert.Contains(name, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_controller_s_refusal_reaches_the_caller_as_a_problem()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        gateway.Controller.Intake.Answer = request => new AcceptReply { Id = request.Id, Error = "QueueFull", Status = 429, Detail = "too many wait", RetryAfterS = 7 };
        var answer = await PostAsync(gateway, "/async-function/hello", "hi");
        Assert.Equal((HttpStatusCode.TooManyRequests, "QueueFull", "7"), (answer.Status, answer.Header("X-Faas-Error"), answer.Header("Retry-After")));
        Assert.Contains("too many wait", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_with_an_idempotency_key_waits_for_the_result_and_is_told_when_it_is_an_earlier_one()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        gateway.Controller.Intake.Answer = request => new AcceptReply
        {
            Id = "first", IsReplay = true, Status = 201, Body = ByteString.CopyFromUtf8("made"), Headers = { new HeaderPair { Name = "Content-Type", Value = "text/x-made" } },
        };
        var answer = await PostAsync(gateway, "/function/hello", "hi", ("Idempotency-Key", "k1"));
        Assert.Equal((HttpStatusCode.Created, "made", "first", "true"), (answer.Status, answer.Text, answer.Header("X-Call-Id"), answer.Header("Idempotency-Replayed")));
        var request = Assert.Single(gateway.Controller.Intake.Requests);
        Assert.True(request.IsAwaited);
        Assert.Equal("k1", request.Key);
        Assert.Contains(request.Headers, header => header.Name == "Idempotency-Key");
    }

    [Fact]
    public async Task What_a_killed_controller_did_not_answer_is_sent_again_under_the_same_name()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        var intake = gateway.Controller.Intake;
        intake.Answer = _ => null;
        var call = PostAsync(gateway, "/async-function/hello", "hi");
        await GatewayFixture.EventuallyAsync(() => intake.Requests.Count == 1);
        intake.Answer = request => new AcceptReply { Id = request.Id };
        intake.Break();

        Assert.Equal(HttpStatusCode.Accepted, (await call).Status);
        var requests = intake.Requests.ToList();
        Assert.Equal(2, requests.Count);
        Assert.Equal((requests[0].Nonce, requests[0].Id, false, true), (requests[1].Nonce, requests[1].Id, requests[0].IsRepeated, requests[1].IsRepeated));
    }

    [Fact]
    public async Task A_caller_whom_nobody_answers_is_told_that_nobody_knows()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var gateway = await GatewayFixture.StartAsync(clock, Say.Route("hello"));
        gateway.Controller.Intake.Answer = _ => null;
        var call = PostAsync(gateway, "/async-function/hello", "hi");
        await GatewayFixture.EventuallyAsync(() => gateway.Controller.Intake.Requests.Count == 1);
        await GatewayFixture.EventuallyAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return call.IsCompleted;
        });
        var answer = await call;
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unavailable"), (answer.Status, answer.Header("X-Faas-Error")));
        Assert.Contains("Idempotency-Key", answer.Text, StringComparison.Ordinal);
    }

    private static Task<Answer> PostAsync(GatewayFixture gateway, string path, string body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return gateway.SendAsync(request);
    }
}
