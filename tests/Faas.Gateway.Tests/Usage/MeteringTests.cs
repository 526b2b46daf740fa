using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Tests.Fakes;
using Faas.Gateway.Tests.Forwarding;

namespace Faas.Gateway.Tests.Usage;

public sealed class MeteringTests
{
    [Fact]
    public async Task The_record_is_in_the_journal_before_the_last_byte_of_an_answer_of_known_length()
    {
        await using var gateway = await StartAsync();
        var end = new TaskCompletionSource();
        await gateway.InstanceAsync(async call =>
        {
            call.WriteHead(200, 5);
            call.WriteBody("hello");
            await call.FlushAsync();
            await end.Task;
            call.WriteEnd();
            await call.FlushAsync();
        });

        var answer = await gateway.GetAsync();   // Returns with the last byte, while the worker has not said End.

        Assert.Equal("hello", answer.Text);
        Assert.Equal(answer.Header("X-Call-Id"), gateway.Recorded().Single().InvocationId);
        Assert.Equal(5, gateway.Recorded().Single().BytesOut);
        var gate = gateway.Service<Faas.Gateway.Activation.GateTable>().GateOf("r1");
        Assert.Equal(1, gate.Load().InUse);   // Late binding waits for End, not for the answer.
        end.SetResult();
        await GatewayFixture.EventuallyAsync(() => gate.Load().InUse == 0);
        Assert.Single(gateway.Recorded());
    }

    [Theory]
    [InlineData(5)]         // over the shared connection
    [InlineData(100_000)]   // over one of its own
    [InlineData(-1)]        // a stream
    public async Task What_the_worker_has_measured_is_in_the_record(int length)
    {
        await using var gateway = await StartAsync();
        await gateway.InstanceAsync(async call =>
        {
            (call.CpuMicros, call.PeakKiB) = (1234, 5678);
            call.WriteHead(200, length);
            call.WriteBody(new string('x', Math.Max(5, length)));
            call.WriteEnd();
            await call.FlushAsync();
        });
        await gateway.GetAsync();
        await gateway.GetAsync();
        Assert.All(gateway.Recorded(), usage => Assert.Equal((1234u, 5678u), (usage.CpuUs, usage.PeakKiB)));
        Assert.Equal(2, gateway.Recorded().Count);
    }

    [Fact]
    public async Task The_record_is_in_the_journal_before_the_end_of_a_stream()
    {
        await using var gateway = await StartAsync();
        await gateway.InstanceAsync(async call =>
        {
            call.WriteHead(200, -1);
            call.WriteBody("hello");
            call.WriteEnd();
            await call.FlushAsync();
        });
        for (var i = 1; i <= 50; i++)
        {
            await gateway.GetAsync();
            Assert.Equal(i, gateway.Recorded().Count);
        }
    }

    [Fact]
    public async Task The_slot_is_free_before_the_last_byte_when_the_worker_says_End_with_its_answer()
    {
        await using var gateway = await StartAsync();
        await gateway.InstanceAsync();
        var gate = gateway.Service<Faas.Gateway.Activation.GateTable>().GateOf("r1");
        for (var i = 0; i < 50; i++)
        {
            await gateway.GetAsync();
            Assert.Equal(0, gate.Load().InUse);
        }
    }

    [Fact]
    public async Task Every_invocation_that_reached_its_gate_has_exactly_one_record_however_it_ended()
    {
        await using var gateway = await StartAsync();
        await gateway.Controller.SendAsync(Say.Route("full", "r2", line: 0), Say.Route("small", "r1", bodyMax: 10));
        await gateway.InstanceAsync(call => call.Head.Path switch
        {
            "/throw" => FailAsync(call),
            _ => StreamingTests.EchoAsync(call),
        });

        var answers = new[]
        {
            await gateway.GetAsync("/function/hello"),
            await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/function/hello")),
            await gateway.GetAsync("/function/hello/throw"),
            await gateway.GetAsync("/function/full"),
            await gateway.PostAsync("/function/small", new StreamContent(new UnseekableStream(new byte[100_000]))),
        };

        Assert.Equal([null, null, "Crashed", "QueueFull", "TooLarge"], answers.Select(answer => answer.Error));
        var recorded = gateway.Recorded();
        Assert.Equal(answers.Select(answer => answer.Header("X-Call-Id")), recorded.Select(usage => usage.InvocationId));
        Assert.Equal(answers.Select(answer => (int)answer.Status), recorded.Select(usage => usage.Status));
        Assert.Equal(answers.Select(answer => (long)answer.Body.Length), recorded.Select(usage => usage.BytesOut));
        Assert.Equal("", recorded[3].Instance);

        // Neither of these is an invocation.
        await gateway.GetAsync("/function/unknown");
        await gateway.PostAsync("/function/small", new ByteArrayContent(new byte[11]));
        Assert.Equal(5, gateway.Recorded().Count);
    }

    /// <summary>It had the slot of an instance that could not be reached. The wait that follows is no run, neither on the bill nor for the gate, which goes by how long runs take.</summary>
    [Fact]
    public async Task An_invocation_that_finds_its_instance_dead_and_waits_in_vain_has_not_run()
    {
        await using var gateway = await StartAsync();
        await gateway.Controller.SendAsync(Say.Route("short", "r2", wait: TimeSpan.FromMilliseconds(300)));
        await gateway.Controller.SendAsync(Say.Ready("i1", "/nonexistent/worker.sock", "r2"));
        await GatewayFixture.EventuallyAsync(() => gateway.Service<GateTable>().TryFind("i1", out _));

        Assert.Equal("Unavailable", (await gateway.GetAsync("/function/short")).Error);

        var usage = Assert.Single(gateway.Recorded());
        Assert.Equal(0, usage.RunUs);
        Assert.Equal(0, gateway.Service<GateTable>().GateOf("r2").Load().Completed);
    }

    [Fact]
    public async Task Batches_that_were_not_acknowledged_come_again_with_the_same_ends_after_a_reconnect_and_after_a_restart()
    {
        await using var gateway = await StartAsync();
        await gateway.InstanceAsync();
        await gateway.GetAsync();
        await GatewayFixture.EventuallyAsync(() => gateway.Controller.Batches.Count >= 1);
        await gateway.GetAsync();
        await GatewayFixture.EventuallyAsync(() => gateway.Controller.Batches.Count >= 2);
        var before = gateway.Controller.Batches.Select(batch => (batch.Boot, batch.Segment, batch.From, batch.To)).ToList();

        await gateway.Controller.DisposeAsync();
        await gateway.StartControllerAsync(Say.Route());
        gateway.Controller.Acknowledges = false;
        await GatewayFixture.EventuallyAsync(() => gateway.Controller.Batches.Count == 2);
        Assert.Equal(before, gateway.Controller.Batches.Select(batch => (batch.Boot, batch.Segment, batch.From, batch.To)));

        await gateway.RestartGatewayAsync();
        await GatewayFixture.EventuallyAsync(() => gateway.Controller.Batches.Count == 4);
        Assert.Equal(before, gateway.Controller.Batches.Skip(2).Select(batch => (batch.Boot, batch.Segment, batch.From, batch.To)));
    }

    private static async Task<GatewayFixture> StartAsync()
    {
        var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        gateway.Controller.Acknowledges = false;
        return gateway;
    }

    private static async Task FailAsync(WorkerCall call)
    {
        call.WriteFailure("Unhandled");
        call.WriteEnd(failed: true);
        await call.FlushAsync();
    }
}
