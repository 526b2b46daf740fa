using System.Net;
using Faas.Contracts.Invocations;
using Faas.Gateway.Tests.Fakes;

namespace Faas.Gateway.Tests.Forwarding;

public sealed class WarmAndColdTests
{
    [Fact]
    public async Task A_request_is_served_by_a_ready_instance()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(call => call.AnswerAsync("hi " + call.Head.Path + "?" + call.Head.Query, 201, ("x-a", "1")).AsTask());

        var answer = await gateway.GetAsync("/function/hello/a%20b?x=%2F");

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Equal("hi /a%20b?x=%2F", answer.Text);
        Assert.Equal("1", answer.Header("x-a"));
        Assert.Equal(20, answer.Header("X-Call-Id")?.Length);
        Assert.StartsWith("queue;dur=", answer.Header("Server-Timing"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_without_an_instance_asks_for_capacity_and_waits()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var answering = gateway.GetAsync();
        var wanted = await gateway.Controller.CapacityWantedAsync();
        Assert.Equal(("r1", 1, 0, 0), (wanted.Revision, wanted.Waiting, wanted.InFlight, wanted.Slots));
        Assert.False(answering.IsCompleted);

        await gateway.InstanceAsync();

        Assert.Equal("hello", (await answering).Text);
        await GatewayFixture.EventuallyAsync(() => gateway.Controller.Usage.Count == 1);
        var usage = gateway.Controller.Usage.Single();
        Assert.True(usage.ColdUs > 0);
        Assert.Equal(0, usage.QueuedUs);
        Assert.Equal(("hello", "r1", "i1", 128, 5L, 200, InvocationError.None), (usage.Function, usage.Revision, usage.Instance, usage.MemoryMiB, usage.BytesOut, usage.Status, usage.Outcome));
    }

    [Fact]
    public async Task A_request_that_waited_for_a_busy_instance_was_queued_and_not_cold()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var release = new TaskCompletionSource();
        var worker = await gateway.InstanceAsync(async call =>
        {
            await release.Task;
            await call.AnswerAsync();
        });
        var first = gateway.GetAsync();
        await worker.NextCallAsync();
        var second = gateway.GetAsync();
        await gateway.Controller.CapacityWantedAsync();
        release.SetResult();

        await first;
        var answer = await second;
        var timing = answer.Header("Server-Timing");
        Assert.Contains("cold;dur=0,", timing, StringComparison.Ordinal);
    }
}
