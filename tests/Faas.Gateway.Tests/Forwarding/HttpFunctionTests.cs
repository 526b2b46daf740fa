using System.Net;
using System.Net.WebSockets;
using Faas.Contracts.Invocations;
using Faas.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.Forwarding;

/// <summary>Functions that serve HTTP themselves, played by a real server on a socket.</summary>
public sealed class HttpFunctionTests
{
    [Fact]
    public async Task Method_path_query_headers_and_body_arrive_as_sent_and_so_does_the_answer()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route(isHttp: true));
        gateway.Controller.Acknowledges = false;
        await using var function = await FunctionAsync(gateway, async http =>
        {
            http.Response.StatusCode = 302;
            http.Response.Headers.Location = "/elsewhere";
            http.Response.Headers["X-Seen"] = $"{http.Request.Method} {http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget} {http.Request.Host} {http.Request.Headers["X-Forwarded-For"]}";
            await http.Request.Body.CopyToAsync(http.Response.Body, http.RequestAborted);
        });
        var request = new HttpRequestMessage(HttpMethod.Patch, "/function/hello/a%2Fb?x=%2F") { Content = new StringContent("body") };
        request.Headers.Host = "my.host";

        var answer = await gateway.SendAsync(request);

        Assert.Equal((HttpStatusCode.Found, "/elsewhere", "body"), (answer.Status, answer.Header("Location"), answer.Text));
        Assert.Equal("PATCH /a%2Fb?x=%2F my.host 127.0.0.1", answer.Header("X-Seen"));
        var usage = gateway.Recorded().Single();
        Assert.Equal((4L, 4L, 302, answer.Header("X-Call-Id")), (usage.BytesIn, usage.BytesOut, usage.Status, usage.InvocationId));
        Assert.Equal(0, gateway.Service<Faas.Gateway.Activation.GateTable>().GateOf("r1").Load().InUse);
    }

    [Fact]
    public async Task Server_sent_events_arrive_one_by_one()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route(isHttp: true));
        var next = new SemaphoreSlim(1);
        await using var function = await FunctionAsync(gateway, async http =>
        {
            http.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 3; i++)
            {
                await next.WaitAsync(http.RequestAborted);
                await http.Response.WriteAsync($"data: {i}\n\n", http.RequestAborted);
            }
        });
        using var answer = await gateway.HeadOfAsync(new HttpRequestMessage(HttpMethod.Get, "/function/hello"), TestContext.Current.CancellationToken);
        await using var body = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal($"data: {i}\n\n", await StreamingTests.ReadUntilAsync(body, "\n\n"));
            next.Release();
        }
    }

    [Fact]
    public async Task Web_sockets_work_and_outlive_the_functions_timeout()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var gateway = await GatewayFixture.StartAsync(clock, Say.Route(isHttp: true, timeout: TimeSpan.FromSeconds(1)));
        gateway.Controller.Acknowledges = false;
        await using var function = await FunctionAsync(gateway, async http =>
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[100];
            while (await socket.ReceiveAsync(buffer, CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } received)
            {
                await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, true, CancellationToken.None);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        });
        var cancellation = TestContext.Current.CancellationToken;
        using var client = new ClientWebSocket();
        await client.ConnectAsync(new Uri($"ws://127.0.0.1:{gateway.Url.Port}/function/hello/ws"), cancellation);
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync("ping"u8.ToArray(), WebSocketMessageType.Text, true, cancellation);
            var buffer = new byte[100];
            var received = await client.ReceiveAsync(buffer, cancellation);
            Assert.Equal("ping"u8.ToArray(), buffer[..received.Count]);
            clock.Advance(TimeSpan.FromSeconds(10));
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancellation);
        await GatewayFixture.EventuallyAsync(() => gateway.Recorded().Count == 1);
        Assert.Equal((101, InvocationError.None), (gateway.Recorded().Single().Status, gateway.Recorded().Single().Outcome));
    }

    [Fact]
    public async Task A_timeout_aborts_the_request_and_is_a_504()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var gateway = await GatewayFixture.StartAsync(clock, Say.Route(isHttp: true, timeout: TimeSpan.FromSeconds(5)));
        var entered = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var function = await FunctionAsync(gateway, async http =>
        {
            entered.SetResult();
            http.RequestAborted.Register(aborted.SetResult);
            await aborted.Task;
        });
        var asking = gateway.GetAsync();
        await entered.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("Timeout", (await asking).Error);
        await aborted.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(0, gateway.Service<Faas.Gateway.Activation.GateTable>().GateOf("r1").Load().InUse);
    }

    [Fact]
    public async Task An_instance_that_dies_within_a_request_gives_the_controllers_reason()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route(isHttp: true));
        await using var function = await FunctionAsync(gateway, async http =>
        {
            await gateway.Controller.SendAsync(Say.Gone("i1", InvocationError.OutOfMemory, "too much"));
            http.Abort();
        });
        Assert.Equal("OutOfMemory", (await gateway.GetAsync()).Error);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(0)]
    public async Task An_instance_that_hangs_up_within_a_short_body_is_told_as_one_that_ended(int sent)
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route(isHttp: true));
        await using var function = await FunctionAsync(gateway, async http =>
        {
            http.Response.ContentLength = 20;
            await http.Response.Body.WriteAsync(new byte[sent]);
            await http.Response.Body.FlushAsync();
            await gateway.Controller.SendAsync(Say.Gone("i1", InvocationError.Crashed, "exit code 1"));
            http.Abort();
        });
        var answer = await gateway.GetAsync();
        Assert.Equal(("Crashed", true), (answer.Error, answer.Text.Contains("exit code 1", StringComparison.Ordinal)));
        Assert.Equal(InvocationError.Crashed, gateway.Recorded().Single().Outcome);
    }

    [Fact]
    public async Task An_instance_that_cannot_be_reached_is_discarded_and_another_one_serves_the_body_too()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route(isHttp: true));
        await gateway.Controller.SendAsync(Say.Ready("i0", "/nonexistent/http.sock"));
        var asking = gateway.PostAsync("/function/hello", new StringContent("body"));
        Assert.Equal("i0", (await gateway.Controller.NextAsync(message => message.Discard)).Instance);
        await using var function = await FunctionAsync(gateway, http => http.Request.Body.CopyToAsync(http.Response.Body));
        Assert.Equal("body", (await asking).Text);
    }

    [Fact]
    public async Task Bodies_over_the_limit_are_too_large_while_they_are_sent()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route(isHttp: true, bodyMax: 1000));
        await using var function = await FunctionAsync(gateway, http => http.Request.Body.CopyToAsync(http.Response.Body));
        var answer = await gateway.PostAsync("/function/hello", new StreamContent(new UnseekableStream(new byte[500_000])));
        Assert.Equal("TooLarge", answer.Error);
    }

    [Fact]
    public async Task HEAD_has_no_body_and_the_functions_length()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route(isHttp: true));
        await using var function = await FunctionAsync(gateway, http =>
        {
            http.Response.ContentLength = 42;
            return Task.CompletedTask;
        });
        var answer = await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/function/hello"));
        Assert.Equal((HttpStatusCode.OK, "42"), (answer.Status, answer.Header("Content-Length")));
    }

    /// <summary>Starts the function and tells the gateway of it.</summary>
    internal static async Task<WebApplication> FunctionAsync(GatewayFixture gateway, RequestDelegate handler)
    {
        var socket = Path.Combine(gateway.Data.Run, "http.sock");
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http1));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.Zero);
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(handler);
        await app.StartAsync();
        await gateway.Controller.SendAsync(Say.Ready("i1", socket, slots: 4));
        return app;
    }
}
