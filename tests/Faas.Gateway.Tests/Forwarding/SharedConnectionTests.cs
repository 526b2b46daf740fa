using System.Net;
using System.Text;
using Faas.Gateway.Tests.Fakes;
using Faas.WorkerProtocol;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.Forwarding;

/// <summary>Many small invocations over one connection to their instance.</summary>
public sealed class SharedConnectionTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Invocations_share_one_connection_and_may_be_answered_in_any_order()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync(_ => Task.CompletedTask, slots: 8);
        var answers = Enumerable.Range(0, 8).Select(i => gateway.GetAsync($"/function/hello/{i}")).ToList();
        var calls = new List<WorkerCall>();
        for (var i = 0; i < 8; i++)
        {
            calls.Add(await worker.NextCallAsync());
        }

        foreach (var call in Enumerable.Reverse(calls))
        {
            await call.AnswerAsync(call.Head.Path);
        }

        for (var i = 0; i < 8; i++)
        {
            Assert.Equal($"/{i}", (await answers[i]).Text);
        }

        Assert.Equal(1, worker.Accepted);
    }

    [Fact]
    public async Task What_a_worker_refuses_another_one_serves_with_its_body()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(call => call.RefuseAsync(), "i1");
        await gateway.InstanceAsync(StreamingTests.EchoAsync, "i2");

        var answer = await gateway.PostAsync("/function/hello", new StringContent("abc"));

        Assert.Equal("abc", answer.Text);
        Assert.Equal("i1", (await gateway.Controller.NextAsync(message => message.Discard)).Instance);
    }

    [Fact]
    public async Task When_the_connection_breaks_what_runs_on_it_fails_and_the_next_invocation_opens_another()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync(call => call.Head.Path == "/ok" ? call.AnswerAsync().AsTask() : Task.CompletedTask, slots: 4);
        var running = Enumerable.Range(0, 3).Select(_ => gateway.GetAsync()).ToList();
        for (var i = 0; i < 3; i++)
        {
            await worker.NextCallAsync();
        }

        worker.DropConnections();

        foreach (var answer in await Task.WhenAll(running))
        {
            Assert.Equal("Crashed", answer.Error);
        }

        Assert.Equal("hello", (await gateway.GetAsync("/function/hello/ok")).Text);
        Assert.Equal(2, worker.Accepted);
    }

    [Fact]
    public async Task A_timeout_ends_one_invocation_and_no_other()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var gateway = await GatewayFixture.StartAsync(clock, Say.Route(timeout: Timeout));
        var worker = await gateway.InstanceAsync(_ => Task.CompletedTask, slots: 2);
        var first = gateway.GetAsync();
        var firstCall = await worker.NextCallAsync();
        clock.Advance(Timeout / 2);
        var second = gateway.GetAsync();
        var secondCall = await worker.NextCallAsync();
        clock.Advance(Timeout / 2);

        Assert.Equal((HttpStatusCode.GatewayTimeout, "Timeout"), ((await first).Status, (await first).Error));
        Assert.Equal(CancelReason.Timeout, await firstCall.Cancelled);
        await secondCall.AnswerAsync("in time");
        Assert.Equal("in time", (await second).Text);

        // The first one's slot is free again once its function has ended.
        firstCall.WriteFailure("Unhandled");
        firstCall.WriteEnd(failed: true);
        await firstCall.FlushAsync();
        var third = gateway.GetAsync();
        var fourth = gateway.GetAsync();
        await (await worker.NextCallAsync()).AnswerAsync();
        await (await worker.NextCallAsync()).AnswerAsync();
        Assert.Equal(("hello", "hello"), ((await third).Text, (await fourth).Text));
    }

    [Fact]
    public async Task An_instance_whose_function_goes_on_after_its_timeout_is_discarded_and_others_on_it_finish()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var gateway = await GatewayFixture.StartAsync(clock, Say.Route(timeout: Timeout));
        var worker = await gateway.InstanceAsync(_ => Task.CompletedTask, slots: 2);
        var hanging = gateway.GetAsync();
        await worker.NextCallAsync();
        clock.Advance(Timeout - TimeSpan.FromSeconds(1));
        var other = gateway.GetAsync();
        var otherCall = await worker.NextCallAsync();
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("Timeout", (await hanging).Error);
        clock.Advance(TimeSpan.FromSeconds(1));
        await otherCall.AnswerAsync("done");
        Assert.Equal("done", (await other).Text);
        Assert.Equal("i1", (await gateway.Controller.NextAsync(message => message.Discard)).Instance);
    }

    [Fact]
    public async Task A_caller_who_goes_away_keeps_the_slot_until_the_function_has_ended()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync(_ => Task.CompletedTask);
        using (var caller = await gateway.ConnectAsync())
        {
            await caller.WriteAsync("GET /function/hello HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            var call = await worker.NextCallAsync();
            caller.Close();
            Assert.Equal(CancelReason.CallerGone, await call.Cancelled);
            var next = gateway.GetAsync("/function/hello/next");
            await GatewayFixture.EventuallyAsync(() => gateway.Waiting("r1") == 1);
            await call.AnswerAsync("to nobody");
            await (await worker.NextCallAsync()).AnswerAsync();
            Assert.Equal("hello", (await next).Text);
        }

        Assert.Equal(1, worker.Accepted);
    }

    [Fact]
    public async Task A_cancel_and_a_move_may_cross()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var gateway = await GatewayFixture.StartAsync(clock, Say.Route(timeout: Timeout));
        var worker = await gateway.InstanceAsync(_ => Task.CompletedTask);
        var answer = gateway.GetAsync();
        var call = await worker.NextCallAsync();
        clock.Advance(Timeout);
        Assert.Equal("Timeout", (await answer).Error);
        await call.Cancelled;
        call.WriteMove();   // as a worker does that has not read the Cancel yet
        call.WriteFailure("Unhandled");
        call.WriteEnd(failed: true);
        await call.FlushAsIsAsync();

        var next = gateway.GetAsync();
        await (await worker.NextCallAsync()).AnswerAsync();
        Assert.Equal("hello", (await next).Text);
        Assert.Equal(1, worker.Accepted);
    }

    [Fact]
    public async Task A_stream_takes_a_connection_of_its_own_and_holds_up_nobody()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var end = new TaskCompletionSource();
        var worker = await gateway.InstanceAsync(async call =>
        {
            if (call.Head.Path != "/stream")
            {
                await call.AnswerAsync();
                return;
            }

            call.WriteHead(200, -1);
            call.WriteBody("one");
            await call.FlushAsync();
            await end.Task;
            call.WriteBody("two");
            call.WriteEnd();
            await call.FlushAsync();
        }, slots: 2);

        using var stream = await gateway.HeadOfAsync(new HttpRequestMessage(HttpMethod.Get, "/function/hello/stream"), TestContext.Current.CancellationToken);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("hello", (await gateway.GetAsync()).Text);
        }

        end.SetResult();
        Assert.Equal("onetwo", await stream.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(2, worker.Accepted);
    }

    [Theory]
    [InlineData("twice")]
    [InlineData("unknown")]
    [InlineData("nothing")]
    [InlineData("torn")]
    public async Task A_worker_that_breaks_the_protocol_is_discarded(string how)
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(async call =>
        {
            switch (how)
            {
                case "twice":
                    await call.AnswerAsync();
                    await call.AnswerAsync();
                    break;
                case "unknown":
                    call.Stream = 4711;
                    await call.AnswerAsync();
                    break;
                case "nothing":
                    call.WriteEnd();
                    await call.FlushAsIsAsync();
                    break;
                default:
                    call.WriteHead(200, 3);
                    call.WriteHead(200, 3);
                    await call.FlushAsIsAsync();
                    break;
            }
        });

        var answer = await gateway.GetAsync();

        Assert.Equal(how == "twice" ? null : "Crashed", answer.Error);
        Assert.Equal("i1", (await gateway.Controller.NextAsync(message => message.Discard)).Instance);
    }

    [Fact]
    public async Task A_large_head_comes_in_pieces_and_is_put_together()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var value = new string('x', 20_000);
        var body = Encoding.UTF8.GetString(Enumerable.Repeat((byte)'b', 60_000).ToArray());
        await gateway.InstanceAsync(call => call.AnswerAsync(body, 200, ("x-large", value), ("x-larger", value)).AsTask(), slots: 3);

        foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => gateway.GetAsync())))
        {
            Assert.Equal((value, value, body), (answer.Header("x-large"), answer.Header("x-larger"), answer.Text));
        }
    }
}
