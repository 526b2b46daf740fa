using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Faas.Gateway.Activation;
using Faas.Gateway.FastPath;
using Faas.Gateway.Polling;
using Faas.Gateway.Tests.Fakes;
using Faas.WorkerProtocol;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.FastPath;

/// <summary>Connections on the fast path, byte by byte, and how they become Kestrel's. All other tests of the gateway hold for it too: they send mostly what it takes.</summary>
public sealed class FastPathTests
{
    [Fact]
    public async Task Requests_that_come_together_are_answered_one_after_the_other()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(call => call.AnswerAsync(call.Head.Path).AsTask());
        await using var caller = await RawCaller.ConnectAsync(gateway);
        await caller.SendAsync(string.Concat(Enumerable.Range(1, 50).Select(number => $"GET /function/hello/{number} HTTP/1.1\r\nHost: a\r\n\r\n")));
        for (var number = 1; number <= 50; number++)
        {
            Assert.Equal($"/{number}", (await caller.ReadAsync()).Body);
        }
    }

    [Fact]
    public async Task The_line_of_new_connections_is_as_long_as_the_kernel_allows()
    {
        const int Tcp = 6;
        const int TcpInfo = 11;
        const int LineLengthMaxAt = 28;   // tcpi_sacked, which for a socket that listens is the bound of its line
        await using var gateway = await GatewayFixture.StartAsync(null);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var listener = new FastListener(
            socket, gateway.Service<FastEntrance>(), gateway.Service<EventLoops>(), gateway.Service<SocketConnectionContextFactory>(), TimeProvider.System, NullLogger.Instance);
        listener.Open();
        var info = new byte[104];
        socket.GetRawSocketOption(Tcp, TcpInfo, info);
        Assert.Equal(int.Parse(await File.ReadAllTextAsync("/proc/sys/net/core/somaxconn", TestContext.Current.CancellationToken), CultureInfo.InvariantCulture), BitConverter.ToInt32(info, LineLengthMaxAt));
    }

    [Fact]
    public async Task A_request_may_come_in_pieces_of_one_byte()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(async call => await call.AnswerAsync(Encoding.ASCII.GetString(await call.WholeBodyAsync())));
        await using var caller = await RawCaller.ConnectAsync(gateway);
        foreach (var character in "POST /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
        {
            await caller.SendAsync(character.ToString());
        }

        Assert.Equal("body", (await caller.ReadAsync()).Body);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4000)]
    [InlineData(64 * 1024)]
    public async Task Bodies_of_every_small_size_go_both_ways_and_the_connection_goes_on(int length)
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(async call => await call.AnswerAsync(Encoding.ASCII.GetString(await call.WholeBodyAsync())));
        await using var caller = await RawCaller.ConnectAsync(gateway);
        var body = string.Create(length, 0, static (text, _) => { for (var i = 0; i < text.Length; i++) { text[i] = (char)('a' + (i % 26)); } });
        for (var round = 0; round < 3; round++)
        {
            await caller.SendAsync($"POST /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}");
            Assert.Equal(body, (await caller.ReadAsync()).Body);
        }
    }

    [Fact]
    public async Task Whatever_is_not_plain_is_answered_too_with_what_had_come_behind_it()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(async call => await call.AnswerAsync(call.Head.Path + Encoding.ASCII.GetString(await call.WholeBodyAsync())));
        await using var caller = await RawCaller.ConnectAsync(gateway);
        await caller.GetAsync("/function/hello/1");
        Assert.Equal("/1", (await caller.ReadAsync()).Body);

        await caller.SendAsync("POST /function/hello/2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\nGET /function/hello/3 HTTP/1.1\r\nHost: a\r\n\r\nGET /function/no");
        Assert.Equal("/2one", (await caller.ReadAsync()).Body);
        Assert.Equal("/3", (await caller.ReadAsync()).Body);
        await caller.SendAsync("ne HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 404 ", (await caller.ReadAsync()).Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_turns_out_to_be_long_goes_on_over_the_same_connection()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(async call =>
        {
            call.WriteHead();
            call.WriteBody("stream"u8);
            await call.FlushAsync();
            call.WriteBody("ed"u8);
            call.WriteEnd();
            await call.FlushAsync();
        });
        await using var caller = await RawCaller.ConnectAsync(gateway);
        await caller.SendAsync("POST /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nabGET /function/hello HTTP/1.1\r\nHost: a\r\n\r\n");
        foreach (var _ in new[] { 1, 2 })
        {
            var (head, body) = await caller.ReadAsync();
            Assert.StartsWith("HTTP/1.1 200 OK", head, StringComparison.Ordinal);
            Assert.Equal("streamed", string.Concat(body.Split("\r\n").Where((_, index) => index % 2 == 1)));
        }
    }

    [Fact]
    public async Task A_function_that_fails_is_answered_with_a_problem()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(async call =>
        {
            call.WriteFailure("error", "Broken", "it broke");
            call.WriteEnd(failed: true);
            await call.FlushAsync();
        });
        await using var caller = await RawCaller.ConnectAsync(gateway);
        foreach (var _ in new[] { 1, 2 })
        {
            await caller.GetAsync();
            var (head, body) = await caller.ReadAsync();
            Assert.Contains("application/problem+json", head, StringComparison.Ordinal);
            Assert.Contains("it broke", body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("x-name", "gr\u00fc\u00df")]
    [InlineData("x-name", "a\r\nSet-Cookie: b=c")]
    [InlineData("x name", "a")]
    public async Task A_header_that_HTTP_does_not_allow_is_an_error_and_reaches_no_caller(string name, string value)
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(call => call.AnswerAsync("hello", 200, (name, value)).AsTask());
        await using var caller = await RawCaller.ConnectAsync(gateway);
        await caller.GetAsync();
        var (head, body) = await caller.ReadAsync();
        Assert.StartsWith("HTTP/1.1 500 ", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Set-Cookie", head, StringComparison.Ordinal);
        Assert.Contains("cannot be sent", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_go_both_ways_as_they_are()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync(call => call.AnswerAsync("hello", 201, ("X-Empty", ""), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Connection", "close"), ("Date", "then")).AsTask());
        await using var caller = await RawCaller.ConnectAsync(gateway);
        await caller.GetAsync("/function/hello/a%20b?c=d", "X-Empty:\r\nACCEPT: */*\r\nCookie: a=1\r\nCookie: b=2\r\nTE: trailers\r\nConnection: keep-alive\r\nX-Forwarded-For: 10.0.0.1\r\nX-Call-Id: mine\r\n");
        var (head, body) = await caller.ReadAsync();
        Assert.Equal("hello", body);
        var lines = head.Split("\r\n");
        Assert.Equal("HTTP/1.1 201 Created", lines[0]);
        Assert.Contains("X-Empty: ", lines);
        Assert.Contains("Set-Cookie: a=1", lines);
        Assert.Contains("Set-Cookie: b=2", lines);
        Assert.Equal("Date: then", Assert.Single(lines, line => line.StartsWith("Date:", StringComparison.Ordinal)));
        Assert.Contains("X-Call-Id: mine", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("Connection", StringComparison.Ordinal));

        var call = await worker.NextCallAsync();
        Assert.Equal(("/a%20b", "c=d"), (call.Head.Path, call.Head.Query));
        Assert.Equal(("", "*/*", "a=1|b=2", "10.0.0.1, 127.0.0.1"), (call.Header("x-empty"), call.Header("accept"), call.Header("cookie"), call.Header("x-forwarded-for")));
        Assert.Equal((null, null, "a", "mine"), (call.Header("te"), call.Header("connection"), call.Header("host"), call.Header("x-call-id")));
    }

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 204)]
    [InlineData("GET", 304)]
    public async Task Answers_without_a_body_have_none(string method, int status)
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(call => call.AnswerAsync("hello", status).AsTask());
        await using var caller = await RawCaller.ConnectAsync(gateway);
        foreach (var _ in new[] { 1, 2 })
        {
            await caller.SendAsync($"{method} /function/hello HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.StartsWith($"HTTP/1.1 {status} ", (await caller.ReadAsync(hasBody: false)).Head, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Who_asks_for_it_is_closed_after_the_answer()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync();
        await using var caller = await RawCaller.ConnectAsync(gateway);
        await caller.GetAsync(headers: "Connection: close\r\n");
        Assert.Contains("Connection: close", (await caller.ReadAsync()).Head, StringComparison.Ordinal);
        Assert.True(await caller.IsClosedAsync());
    }

    [Fact]
    public async Task More_requests_behind_one_that_runs_do_not_end_it_but_closing_does()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync(_ => Task.CompletedTask);
        await using var caller = await RawCaller.ConnectAsync(gateway);
        await caller.GetAsync("/function/hello/1");
        var first = await worker.NextCallAsync();
        await caller.GetAsync("/function/hello/2");
        await first.AnswerAsync("one");
        Assert.Equal("one", (await caller.ReadAsync()).Body);

        var second = await worker.NextCallAsync();
        Assert.Equal("/2", second.Head.Path);
        caller.Socket.Close();
        Assert.Equal(CancelReason.CallerGone, await second.Cancelled);
    }

    [Fact]
    public async Task A_caller_who_was_gone_already_when_its_request_was_read_is_known_to_be()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync(_ => Task.CompletedTask);
        await GatewayFixture.EventuallyAsync(() => gateway.Service<GateTable>().TryFind("i1", out _));   // or it would leave the line instead
        using var release = new ManualResetEventSlim();
        await using var gone = await RawCaller.ConnectAsync(gateway);
        foreach (var loop in gateway.Service<EventLoops>().All)
        {
            loop.Post(new Pause(release));
        }

        await gone.GetAsync();
        gone.Socket.Shutdown(SocketShutdown.Send);
        release.Set();
        Assert.Equal(CancelReason.CallerGone, await (await worker.NextCallAsync()).Cancelled);
    }

    [Fact]
    public async Task A_caller_who_takes_its_answers_slowly_gets_all_of_them_and_holds_no_slot()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var large = new string('x', 60_000);
        await gateway.InstanceAsync(call => call.AnswerAsync(call.Head.Path == "/large" ? large : "hello").AsTask());
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync("127.0.0.1", gateway.Url.Port, TestContext.Current.CancellationToken);
        await using var slow = new RawCaller(new NetworkStream(socket));
        await slow.SendAsync(string.Concat(Enumerable.Repeat("GET /function/hello/large HTTP/1.1\r\nHost: a\r\n\r\n", 200)));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("hello", (await gateway.GetAsync()).Text);
        }

        for (var i = 0; i < 200; i++)
        {
            Assert.Equal(large, (await slow.ReadAsync()).Body);
        }
    }

    [Fact]
    public async Task A_silent_connection_is_closed_after_130_seconds_and_no_sooner()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var gateway = await GatewayFixture.StartAsync(clock, Say.Route());
        await gateway.InstanceAsync();
        await using var caller = await RawCaller.ConnectAsync(gateway);
        await caller.GetAsync();
        await caller.ReadAsync();
        clock.Advance(TimeSpan.FromSeconds(129));
        await caller.GetAsync();
        Assert.Equal("hello", (await caller.ReadAsync()).Body);
        clock.Advance(TimeSpan.FromSeconds(132));
        Assert.True(await caller.IsClosedAsync());
    }

    [Fact]
    public async Task A_request_that_stays_incomplete_is_waited_for_elsewhere_and_served()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var gateway = await GatewayFixture.StartAsync(clock, Say.Route());
        var worker = await gateway.InstanceAsync(async call => await call.AnswerAsync(Encoding.ASCII.GetString(await call.WholeBodyAsync())));
        await using var caller = await RawCaller.ConnectAsync(gateway);
        await caller.SendAsync("POST /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
        await GatewayFixture.EventuallyAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return gateway.Service<Faas.Gateway.Activation.GateTable>().GateOf("r1").Load().InUse == 1;
        });
        await caller.SendAsync("dy");
        Assert.Equal("body", (await caller.ReadAsync()).Body);
        Assert.Equal(4, (await worker.NextCallAsync()).Head.ContentLength);
    }

    [Fact]
    public async Task At_the_end_of_the_gateway_what_runs_is_answered_and_who_is_silent_is_closed()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync(_ => Task.CompletedTask);
        await using var silent = await RawCaller.ConnectAsync(gateway);
        await using var caller = await RawCaller.ConnectAsync(gateway);
        await caller.GetAsync();
        var call = await worker.NextCallAsync();
        var stopping = gateway.Gateway.StopAsync(TestContext.Current.CancellationToken);
        Assert.True(await silent.IsClosedAsync());
        Assert.False(stopping.IsCompleted);

        await call.AnswerAsync();
        var (head, body) = await caller.ReadAsync();
        Assert.Equal("hello", body);
        Assert.Contains("Connection: close", head, StringComparison.Ordinal);
        Assert.True(await caller.IsClosedAsync());
        await stopping.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
    }

    private sealed class Pause(ManualResetEventSlim release) : ILoopWork
    {
        public void Run() => release.Wait(Patience.Limit);
    }
}
