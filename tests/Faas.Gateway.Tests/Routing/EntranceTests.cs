using System.Net;
using Faas.Contracts.Invocations;
using Faas.Gateway.Invocation;
using Faas.Gateway.Routing;
using Faas.Gateway.Tests.Fakes;
using Faas.Gateway.Tests.Forwarding;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Tests.Routing;

public sealed class EntranceTests
{
    [Theory]
    [InlineData("GET", "/function/a", "a", "/", "")]
    [InlineData("GET", "/function/a/", "a", "/", "")]
    [InlineData("GET", "/function/a.ns/b%2Fc//d?x=%20&y", "a.ns", "/b%2Fc//d", "x=%20&y")]
    [InlineData("GET", "/function/a?q", "a", "/", "q")]
    [InlineData("GET", "http://host:1/function/a/b", "a", "/b", "")]
    [InlineData("POST", "/v1/functions/a/invocations?x", "a", "/", "x")]
    public void Targets_name_a_function_and_keep_path_and_query_as_received(string method, string raw, string name, string path, string query)
    {
        Assert.True(InvocationTarget.TryParse(method, raw, out var target));
        Assert.Equal((name, path, query), (target.Name.ToString(), target.Path, target.Query));
        Assert.Equal(method == "POST" ? RequestKind.Event : RequestKind.Http, target.Kind);
    }

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/function")]
    [InlineData("GET", "/function/")]
    [InlineData("GET", "/v1/functions/a/invocations")]
    [InlineData("POST", "/v1/functions//invocations")]
    [InlineData("OPTIONS", "*")]
    public void Other_targets_name_none(string method, string raw) => Assert.False(InvocationTarget.TryParse(method, raw, out _));

    [Fact]
    public async Task What_is_not_there_is_a_problem_that_says_what_to_call()
    {
        await using var gateway = await GatewayFixture.StartAsync(null);
        var nothing = await gateway.GetAsync("/nothing");
        Assert.Equal((HttpStatusCode.NotFound, "NotFound"), (nothing.Status, nothing.Error));
        Assert.Contains("/function/NAME", nothing.Detail, StringComparison.Ordinal);

        var unknown = await gateway.GetAsync("/function/unknown");
        Assert.Contains("'unknown'", unknown.Detail, StringComparison.Ordinal);
        Assert.NotNull(unknown.Header("Server-Timing"));

        var endless = await gateway.GetAsync("/function/" + new string('x', 10_000));
        Assert.Equal(HttpStatusCode.NotFound, endless.Status);
        Assert.True(endless.Detail!.Length < 300);

        var path = await gateway.GetAsync("/function/..%2f..%2fetc%2fpasswd");
        Assert.Equal(HttpStatusCode.NotFound, path.Status);
        Assert.Equal("ok\n", (await gateway.GetAsync("/healthz")).Text);
    }

    [Fact]
    public async Task Headers_over_the_limit_are_a_431_problem()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var request = new HttpRequestMessage(HttpMethod.Get, "/function/hello");
        for (var i = 0; i < 40; i++)
        {
            request.Headers.Add($"x-{i}", new string('v', 1000));
        }

        var answer = await gateway.SendAsync(request);
        Assert.Equal((431, "TooLarge"), ((int)answer.Status, answer.Error));
        Assert.Equal(431, answer.Json.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Bodies_over_the_limit_are_refused_before_and_while_they_are_sent()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route(bodyMax: 1000));
        var worker = await gateway.InstanceAsync(async call =>
        {
            await call.WholeBodyAsync();
            await call.AnswerAsync();
        });
        var early = await gateway.PostAsync("/function/hello", new ByteArrayContent(new byte[1001]));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "TooLarge"), (early.Status, early.Error));
        Assert.Equal(0, worker.Accepted);
        var late = await gateway.PostAsync("/function/hello", new StreamContent(new UnseekableStream(new byte[500_000])));
        Assert.Equal("TooLarge", late.Error);
        Assert.Equal(HttpStatusCode.OK, (await gateway.PostAsync("/function/hello", new ByteArrayContent(new byte[1000]))).Status);
    }

    [Fact]
    public async Task The_function_sees_the_callers_headers_without_those_of_the_hop()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync();
        await using var caller = await gateway.ConnectAsync();
        await caller.WriteAsync("GET /function/hello HTTP/1.1\r\nHost: my.host\r\nConnection: X-Hop, X-Hip\r\nX-Hop: 1\r\nX-Hip: 1\r\nTE: trailers\r\nX-Twice: a\r\nX-Twice: b\r\nX-Forwarded-For: 1.2.3.4\r\nX-Call-Id: mine-1\r\n\r\n"u8.ToArray(),
            TestContext.Current.CancellationToken);
        var head = await StreamingTests.ReadUntilAsync(caller, "\r\n\r\n");
        Assert.Contains("X-Call-Id: mine-1\r\n", head, StringComparison.Ordinal);
        var call = await worker.NextCallAsync();
        Assert.Equal("my.host", call.Header("host"));
        Assert.Equal("a|b", call.Header("x-twice"));
        Assert.Equal("1.2.3.4, 127.0.0.1", call.Header("x-forwarded-for"));
        Assert.Equal(("http", "my.host", "mine-1"), (call.Header("x-forwarded-proto"), call.Header("x-forwarded-host"), call.Header("x-call-id")));
        Assert.Equal((null, null, null, null), (call.Header("x-hop"), call.Header("x-hip"), call.Header("connection"), call.Header("te")));
        Assert.Equal(("mine-1", "127.0.0.1", "GET"), (call.Head.InvocationId, call.Head.RemoteAddress, call.Head.Method));
    }

    [Fact]
    public async Task The_callers_headers_of_an_answer_are_the_functions_without_those_of_the_hop()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(call => call.AnswerAsync("x", 302, ("location", "/elsewhere"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("connection", "close"),
            ("x-faas-error", "no"), ("x-call-id", "no"), ("server-timing", "db;dur=1")).AsTask());
        var answer = await gateway.GetAsync();
        Assert.Equal((HttpStatusCode.Found, "/elsewhere", "a=1|b=2"), (answer.Status, answer.Header("Location"), answer.Header("Set-Cookie")));
        Assert.Null(answer.Error);
        Assert.Null(answer.Header("Connection"));
        Assert.NotEqual("no", answer.Header("X-Call-Id"));
        Assert.StartsWith("db;dur=1|queue", answer.Header("Server-Timing"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_before_the_first_picture_waits_for_it_instead_of_being_denied()
    {
        await using var gateway = await GatewayFixture.StartWithoutPictureAsync();
        var asking = gateway.GetAsync();
        await gateway.Controller.SendAsync(new() { SyncBegin = new() }, Say.Route());
        await gateway.InstanceAsync();
        await gateway.Controller.SendAsync(new Faas.Link.ControllerMessage { SyncEnd = new() });
        Assert.Equal("hello", (await asking).Text);
    }

    [Fact]
    public void Call_ids_are_the_callers_when_usable_and_unique_otherwise()
    {
        Assert.Equal("abc", CallId.From("abc"));
        Assert.NotEqual("a b", CallId.From("a b"));
        Assert.NotEqual(new string('a', 129), CallId.From(new string('a', 129)));
        Assert.NotEqual("", CallId.From(""));
        var ids = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 5000; i++)
            {
                ids.Add(CallId.New());
            }
        });
        Assert.Equal(40_000, ids.Distinct().Count());
    }

    [Theory]
    [InlineData(0, 0, 0, "queue;dur=0, cold;dur=0, run;dur=0")]
    [InlineData(1249, 0, 3_450_000, "queue;dur=1.2, cold;dur=0, run;dur=3450")]
    [InlineData(50, 49, 99_960, "queue;dur=0.1, cold;dur=0, run;dur=100")]
    public void Server_timing_is_in_ms_with_one_decimal(long queued, long cold, long run, string expected) => Assert.Equal(expected, ServerTiming.Format(queued, cold, run));

    [Fact]
    public void Every_error_can_be_told() => Assert.All(Enum.GetValues<InvocationError>(), error => Assert.NotEmpty(InvocationErrors.Of(error).Title));
}
