using System.Net;
using Faas.Contracts.Invocations;
using Faas.Gateway.Tests.Fakes;
using Faas.WorkerProtocol;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.Forwarding;

public sealed class FailureTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_function_that_throws_is_a_500_with_its_exception()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(call => FailAsync(call, "Unhandled"));

        var answer = await gateway.GetAsync();

        Assert.Equal((HttpStatusCode.InternalServerError, "Crashed", "application/problem+json", "1"), (answer.Status, answer.Error, answer.Header("Content-Type"), answer.Header("Retry-After")));
        Assert.Equal("ValueError: bad", answer.Detail);
        Assert.Equal("function", answer.Json.GetProperty("blame").GetString());
        Assert.Equal("at handler", answer.Json.GetProperty("exception").GetProperty("trace")[0].GetString());
        Assert.Equal(answer.Header("X-Call-Id"), answer.Json.GetProperty("invocationId").GetString());
        Assert.Contains("run;dur=", answer.Header("Server-Timing"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("BadEvent", HttpStatusCode.BadRequest, "BadRequest")]
    [InlineData("TooLarge", HttpStatusCode.RequestEntityTooLarge, "TooLarge")]
    [InlineData("InvalidResult", HttpStatusCode.InternalServerError, "Crashed")]
    public async Task What_a_worker_says_of_a_failure_decides_the_error(string kind, HttpStatusCode status, string error)
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync(call => FailAsync(call, kind));
        var answer = await gateway.PostAsync("/v1/functions/hello/invocations", new StringContent("{"));
        Assert.Equal((status, error), (answer.Status, answer.Error));
        Assert.Equal(RequestKind.Event, (await worker.NextCallAsync()).Head.Kind);

        await gateway.GetAsync();
        Assert.Equal(1, worker.Accepted);   // A failure does not cost the connection.
    }

    [Fact]
    public async Task A_stream_that_breaks_aborts_the_transfer_instead_of_ending_it()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        gateway.Controller.Acknowledges = false;
        await gateway.InstanceAsync(async call =>
        {
            call.WriteHead(200, -1);
            call.WriteBody("one");
            await call.FlushAsync();
            call.WriteFailure("Unhandled");
            call.WriteEnd(failed: true);
            await call.FlushAsync();
        });
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => gateway.GetAsync());
        await GatewayFixture.EventuallyAsync(() => gateway.Recorded().Count == 1);
        Assert.Equal(InvocationError.Crashed, gateway.Recorded().Single().Outcome);
    }

    [Fact]
    public async Task A_long_answer_that_ends_too_early_is_aborted()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(async call =>
        {
            call.WriteHead(200, 100_000);
            call.WriteBody("one");
            call.WriteEnd();
            await call.FlushAsync();
        });
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => gateway.GetAsync());
    }

    [Fact]
    public async Task A_short_answer_that_is_not_as_long_as_it_says_is_the_instances_fault()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(async call =>
        {
            call.WriteHead(200, 10);
            call.WriteBody("one");
            call.WriteEnd();
            await call.FlushAsync();
        });
        var answer = await gateway.GetAsync();
        Assert.Equal("Crashed", answer.Error);
        Assert.Contains("3 bytes", answer.Detail, StringComparison.Ordinal);
        Assert.Equal("i1", (await gateway.Controller.NextAsync(message => message.Discard)).Instance);
    }

    [Fact]
    public async Task An_instance_that_breaks_the_protocol_is_discarded()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(async call =>
        {
            call.WriteBody("no head");
            await call.FlushAsync();
        });
        var answer = await gateway.GetAsync();
        Assert.Equal("Crashed", answer.Error);
        Assert.Equal("i1", (await gateway.Controller.NextAsync(message => message.Discard)).Instance);
    }

    [Fact]
    public async Task A_timeout_is_a_504_and_tells_the_function()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var gateway = await GatewayFixture.StartAsync(clock, Say.Route(timeout: Timeout));
        var worker = await gateway.InstanceAsync(async call =>
        {
            if (call.Head.Path == "/slow")
            {
                Assert.Equal(CancelReason.Timeout, await call.Cancelled);
                call.WriteFailure("Unhandled");
                call.WriteEnd(failed: true);
                await call.FlushAsync();
            }
            else
            {
                await call.AnswerAsync();
            }
        });

        var slow = gateway.GetAsync("/function/hello/slow");
        await worker.NextCallAsync();
        clock.Advance(Timeout);

        var answer = await slow;
        Assert.Equal((HttpStatusCode.GatewayTimeout, "Timeout"), (answer.Status, answer.Error));
        Assert.Contains("5 s", answer.Detail, StringComparison.Ordinal);
        Assert.Equal("hello", (await gateway.GetAsync()).Text);   // The instance is still good.
    }

    [Fact]
    public async Task A_function_that_goes_on_after_its_timeout_costs_its_instance()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var gateway = await GatewayFixture.StartAsync(clock, Say.Route(timeout: Timeout));
        var worker = await gateway.InstanceAsync(_ => Task.CompletedTask);
        var hanging = gateway.GetAsync();
        var call = await worker.NextCallAsync();
        clock.Advance(Timeout);
        Assert.Equal("Timeout", (await hanging).Error);
        await call.Cancelled;

        await AdvanceUntilAsync(clock, gateway.Controller.NextAsync(message => message.Discard));

        var next = gateway.GetAsync();
        await AdvanceUntilAsync(clock, gateway.Controller.CapacityWantedAsync());
        await gateway.InstanceAsync("i2");
        Assert.Equal("hello", (await next).Text);
    }

    [Fact]
    public async Task An_instance_with_a_hanging_invocation_finishes_its_others_before_it_is_discarded()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var gateway = await GatewayFixture.StartAsync(clock, Say.Route(timeout: Timeout), Say.Route("long", "r1", timeout: TimeSpan.FromHours(1)));
        var finish = new TaskCompletionSource();
        var worker = await gateway.InstanceAsync(async call =>
        {
            if (call.Head.Path == "/long")
            {
                await finish.Task;
                await call.AnswerAsync("finished");
            }
        }, slots: 2);
        var other = gateway.GetAsync("/function/long/long");
        await worker.NextCallAsync();
        var hanging = gateway.GetAsync("/function/hello");
        var call = await worker.NextCallAsync();
        clock.Advance(Timeout);
        Assert.Equal("Timeout", (await hanging).Error);
        await call.Cancelled;
        var gate = gateway.Service<Faas.Gateway.Activation.GateTable>().GateOf("r1");
        await AdvanceUntilAsync(clock, () => gate.Load() is { InUse: 1, Slots: 0 });

        finish.SetResult();

        Assert.Equal("finished", (await other).Text);
        Assert.Equal("i1", (await AdvanceUntilAsync(clock, gateway.Controller.NextAsync(message => message.Discard))).Instance);
    }

    [Fact]
    public async Task A_caller_that_hangs_up_neither_kills_a_warm_instance_nor_leaks_a_slot()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        gateway.Controller.Acknowledges = false;
        var worker = await gateway.InstanceAsync(async call =>
        {
            if (call.Head.Path == "/slow")
            {
                Assert.Equal(CancelReason.CallerGone, await call.Cancelled);
                call.WriteEnd(failed: true);
                await call.FlushAsync();
            }
            else
            {
                await call.AnswerAsync();
            }
        });
        using var hangUp = new CancellationTokenSource();
        var slow = gateway.HeadOfAsync(new HttpRequestMessage(HttpMethod.Get, "/function/hello/slow"), hangUp.Token);
        await worker.NextCallAsync();
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => slow);

        Assert.Equal("hello", (await gateway.GetAsync()).Text);
        var recorded = await gateway.RecordedAsync(2);
        Assert.Equal([InvocationError.CallerGone, InvocationError.None], recorded.Select(usage => usage.Outcome));
        Assert.Equal(499, recorded[0].Status);
    }

    [Fact]
    public async Task A_caller_that_hangs_up_within_its_body_leaves_a_usable_instance()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var began = new TaskCompletionSource();
        var worker = await gateway.InstanceAsync(async call =>
        {
            await foreach (var _ in call.Body.ReadAllAsync())
            {
                began.TrySetResult();
            }

            await call.AnswerAsync();
        });
        await using (var caller = await gateway.ConnectAsync())
        {
            await caller.WriteAsync("POST /function/hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            var call = await worker.NextCallAsync();
            await began.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
            caller.Socket.Close(0);
            await call.Closed;
        }

        Assert.Equal("hello", (await gateway.GetAsync()).Text);
    }

    [Theory]
    [InlineData(InvocationError.OutOfMemory, "it used more than 128 MiB", "OutOfMemory")]
    [InlineData(InvocationError.Crashed, "exit code 3", "Crashed")]
    public async Task Who_was_on_an_instance_that_died_learns_why(InvocationError error, string detail, string expected)
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync(_ => Task.CompletedTask);
        var asking = gateway.GetAsync();
        await worker.NextCallAsync();
        worker.Kill();
        await gateway.Controller.SendAsync(Say.Gone("i1", error, detail));
        var answer = await asking;
        Assert.Equal((HttpStatusCode.InternalServerError, expected, detail), (answer.Status, answer.Error, answer.Detail));
    }

    [Fact]
    public async Task An_instance_that_is_said_to_be_gone_fails_what_runs_on_it_even_if_its_socket_is_open()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync(_ => Task.CompletedTask);
        var asking = gateway.GetAsync();
        await worker.NextCallAsync();
        await gateway.Controller.SendAsync(Say.Gone("i1", InvocationError.OutOfMemory, "too much"));
        Assert.Equal("OutOfMemory", (await asking).Error);
    }

    [Fact]
    public async Task An_instance_that_dies_without_a_word_of_the_controller_is_a_crash_after_two_seconds()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var gateway = await GatewayFixture.StartAsync(clock, Say.Route());
        var worker = await gateway.InstanceAsync(_ => Task.CompletedTask);
        var asking = gateway.GetAsync();
        await worker.NextCallAsync();
        worker.Kill();
        var answer = await AdvanceUntilAsync(clock, asking);
        Assert.Equal(("Crashed", "the instance ended"), (answer.Error, answer.Detail));
    }

    [Fact]
    public async Task An_answer_that_was_cut_by_the_death_of_its_instance_is_a_broken_transfer()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        gateway.Controller.Acknowledges = false;
        var worker = await gateway.InstanceAsync(async call =>
        {
            call.WriteHead(200, -1);
            call.WriteBody("one");
            await call.FlushAsync();
        });
        using var answer = await gateway.HeadOfAsync(new HttpRequestMessage(HttpMethod.Get, "/function/hello"), TestContext.Current.CancellationToken);
        worker.Kill();
        await gateway.Controller.SendAsync(Say.Gone("i1", InvocationError.OutOfMemory, "too much"));
        await Assert.ThrowsAnyAsync<Exception>(() => answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        await GatewayFixture.EventuallyAsync(() => gateway.Recorded().Count == 1);
        Assert.Equal(InvocationError.OutOfMemory, gateway.Recorded().Single().Outcome);
    }

    [Fact]
    public async Task A_connection_that_died_while_idle_is_replaced_without_the_caller_noticing()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync();
        Assert.Equal("hello", (await gateway.GetAsync()).Text);
        worker.DropConnections();
        Assert.Equal("hello", (await gateway.GetAsync()).Text);
        Assert.Equal(2, worker.Accepted);
    }

    [Fact]
    public async Task An_instance_that_cannot_be_reached_is_discarded_and_another_one_serves()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.Controller.SendAsync(Say.Ready("i1", "/nonexistent/worker.sock"));
        var asking = gateway.GetAsync();
        Assert.Equal("i1", (await gateway.Controller.NextAsync(message => message.Discard)).Instance);
        await gateway.InstanceAsync("i2");
        Assert.Equal("hello", (await asking).Text);
    }

    [Fact]
    public async Task A_header_that_HTTP_does_not_allow_is_the_functions_failure()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(call => call.AnswerAsync("x", 200, ("x-bad", "a\r\nb: c")).AsTask());
        var answer = await gateway.GetAsync();
        Assert.Equal("Crashed", answer.Error);
        Assert.Null(answer.Header("b"));
    }

    internal static async Task<T> AdvanceUntilAsync<T>(FakeTimeProvider clock, Task<T> task)
    {
        await AdvanceUntilAsync(clock, () => task.IsCompleted);
        return await task;
    }

    /// <summary>Lets fake time pass in small steps until something has happened.</summary>
    internal static async Task AdvanceUntilAsync(FakeTimeProvider clock, Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            await pause.WaitForNextTickAsync(limit.Token);
        }
    }

    private static async Task FailAsync(WorkerCall call, string kind)
    {
        call.WriteFailure(kind);
        call.WriteEnd(failed: true);
        await call.FlushAsync();
    }
}
