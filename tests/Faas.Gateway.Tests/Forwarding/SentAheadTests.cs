using System.Net;
using Faas.Gateway.Tests.Fakes;
using Faas.WorkerProtocol;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.Forwarding;

/// <summary>Invocations that are sent before their turn has come: what becomes of them when it does, and when it does not.</summary>
public sealed class SentAheadTests
{
    private static readonly TimeSpan HeldUp = TimeSpan.FromMilliseconds(5);

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(50));

    [Fact]
    public async Task They_are_sent_behind_the_one_that_runs_and_their_time_begins_when_it_has_ended()
    {
        await using var gateway = await StartAsync();
        var worker = await QuickAsync(gateway);
        var (first, firstCall) = await BeginAsync(gateway, worker);
        var (second, secondCall) = await BeginAsync(gateway, worker);

        _clock.Advance(TimeSpan.FromMilliseconds(3));
        await firstCall.AnswerAsync("one");
        var one = await first;
        _clock.Advance(TimeSpan.FromMilliseconds(2));
        await secondCall.AnswerAsync("two");
        var two = await second;

        Assert.Equal(("one", "two"), (one.Text, two.Text));
        Assert.Equal("queue;dur=0, cold;dur=0, run;dur=3", one.Header("Server-Timing"));
        Assert.Equal("queue;dur=3, cold;dur=0, run;dur=2", two.Header("Server-Timing"));
    }

    [Fact]
    public async Task Those_whose_ends_come_in_one_read_share_the_time()
    {
        await using var gateway = await StartAsync();
        var worker = await QuickAsync(gateway);
        var (first, firstCall) = await BeginAsync(gateway, worker);
        var (second, secondCall) = await BeginAsync(gateway, worker);

        _clock.Advance(TimeSpan.FromMilliseconds(4));
        await WorkerCall.AnswerTogetherAsync(firstCall, secondCall);

        Assert.Equal("queue;dur=0, cold;dur=0, run;dur=2", (await first).Header("Server-Timing"));
        Assert.Equal("queue;dur=2, cold;dur=0, run;dur=2", (await second).Header("Server-Timing"));
    }

    [Fact]
    public async Task When_nothing_ends_they_are_asked_back_and_another_instance_runs_them()
    {
        await using var gateway = await StartAsync();
        var worker = await QuickAsync(gateway);
        var (first, firstCall) = await BeginAsync(gateway, worker);
        var (second, secondCall) = await BeginAsync(gateway, worker, "abc");

        _clock.Advance(HeldUp);
        await secondCall.Recalled;
        await gateway.InstanceAsync(StreamingTests.EchoAsync, "i2");
        await secondCall.RefuseAsync();

        Assert.Equal("abc", (await second).Text);
        Assert.False(firstCall.IsRecalled);
        await firstCall.AnswerAsync("at last");
        Assert.Equal("at last", (await first).Text);
        await gateway.GetAsync("/function/hello/quick");
        await worker.NextCallAsync();   // It takes invocations as before.
    }

    [Fact]
    public async Task What_had_not_begun_when_its_worker_died_runs_on_another_one()
    {
        await using var gateway = await StartAsync();
        var worker = await QuickAsync(gateway);
        var (first, firstCall) = await BeginAsync(gateway, worker);
        var (second, _) = await BeginAsync(gateway, worker);
        var (third, _) = await BeginAsync(gateway, worker);

        await firstCall.AnswerAsync("one");   // The second has begun then; the third cannot have.
        Assert.Equal("one", (await first).Text);
        worker.Kill();
        await gateway.InstanceAsync("i2");
        await gateway.Controller.SendAsync(Say.Gone("i1"));

        Assert.Equal("Crashed", (await second).Error);
        Assert.Equal("hello", (await third).Text);
    }

    [Fact]
    public async Task One_whose_caller_goes_away_is_cancelled_and_the_next_ones_turn_comes()
    {
        await using var gateway = await StartAsync();
        var worker = await QuickAsync(gateway);
        var (first, firstCall) = await BeginAsync(gateway, worker);
        using var caller = await gateway.ConnectAsync();
        await caller.WriteAsync("GET /function/hello HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        var goneCall = await worker.NextCallAsync();
        var (third, thirdCall) = await BeginAsync(gateway, worker);

        caller.Dispose();
        Assert.Equal(CancelReason.CallerGone, await goneCall.Cancelled);
        await goneCall.RefuseAsync();
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await firstCall.AnswerAsync();
        await first;
        await thirdCall.AnswerAsync("three");

        Assert.Equal("three", (await third).Text);
        Assert.Equal("queue;dur=1, cold;dur=0, run;dur=0", (await third).Header("Server-Timing"));
    }

    [Fact]
    public async Task Behind_an_answer_that_turns_out_to_be_long_they_are_asked_back()
    {
        await using var gateway = await StartAsync();
        var worker = await QuickAsync(gateway);
        var (first, firstCall) = await BeginAsync(gateway, worker);
        var (second, secondCall) = await BeginAsync(gateway, worker);

        firstCall.WriteHead();
        firstCall.WriteBody("a piece");
        await firstCall.FlushAsync();
        await secondCall.Recalled;
        await secondCall.RefuseAsync();
        Assert.False(second.IsCompleted);
        firstCall.WriteEnd();
        await firstCall.FlushAsync();
        Assert.Equal("a piece", (await first).Text);

        await (await worker.NextCallAsync()).AnswerAsync("two");
        Assert.Equal("two", (await second).Text);
    }

    /// <summary>Its End comes over another connection: the worker may have written it and begun the next one before it died, and the gateway sees first that the shared connection is closed.</summary>
    [Fact]
    public async Task When_a_worker_dies_with_a_long_answer_the_next_one_behind_it_may_have_begun_and_runs_nowhere_else()
    {
        await using var gateway = await StartAsync();
        var worker = await QuickAsync(gateway);
        var first = gateway.HeadOfAsync(new HttpRequestMessage(HttpMethod.Get, "/function/hello"), TestContext.Current.CancellationToken);
        var firstCall = await worker.NextCallAsync();
        var (second, secondCall) = await BeginAsync(gateway, worker);
        var (third, thirdCall) = await BeginAsync(gateway, worker);

        firstCall.WriteHead();
        firstCall.WriteBody("a piece");
        await firstCall.FlushAsync();
        using var head = await first;
        await thirdCall.Recalled;
        secondCall.Break();   // The shared connection, before the other one.
        await gateway.InstanceAsync("i2");
        Assert.Equal("hello", (await third).Text);
        await gateway.Controller.SendAsync(Say.Gone("i1"));

        Assert.Equal("Crashed", (await second).Error);
    }

    [Fact]
    public async Task A_timeout_counts_from_their_turn()
    {
        await using var gateway = await StartAsync(TimeSpan.FromSeconds(5));
        var worker = await QuickAsync(gateway);
        var (first, firstCall) = await BeginAsync(gateway, worker);
        var (second, secondCall) = await BeginAsync(gateway, worker);
        _clock.Advance(TimeSpan.FromSeconds(4));
        await firstCall.AnswerAsync();
        await first;

        _clock.Advance(TimeSpan.FromSeconds(4));
        await secondCall.AnswerAsync("in time");

        Assert.Equal((HttpStatusCode.OK, "in time"), ((await second).Status, (await second).Text));
    }

    private Task<GatewayFixture> StartAsync(TimeSpan? timeout = null) => GatewayFixture.StartAsync(_clock, timeout is { } limit ? Say.Route(timeout: limit) : Say.Route());

    /// <summary>An instance whose function is known to be quick: it takes no time at all by this clock. From then on each call is the test's to answer.</summary>
    private static async Task<FakeWorker> QuickAsync(GatewayFixture gateway)
    {
        var worker = await gateway.InstanceAsync(call => call.Head.Path == "/quick" ? call.AnswerAsync().AsTask() : Task.CompletedTask);
        for (var i = 0; i < 32; i++)
        {
            await gateway.GetAsync("/function/hello/quick");
            await worker.NextCallAsync();
        }

        return worker;
    }

    private static async Task<(Task<Answer> Answer, WorkerCall Call)> BeginAsync(GatewayFixture gateway, FakeWorker worker, string? body = null)
    {
        var answer = body is null ? gateway.GetAsync() : gateway.PostAsync("/function/hello", new StringContent(body));
        return (answer, await worker.NextCallAsync());
    }
}
