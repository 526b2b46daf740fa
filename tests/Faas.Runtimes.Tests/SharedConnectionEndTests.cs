using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>Shared connections: cancelled invocations, closed connections, workers that end.</summary>
public sealed class SharedConnectionEndTests
{
    public static TheoryData<string> Runtimes => SharedFunction.Runtimes;

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_cancel_stops_its_own_invocation_only(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();
        var streams = await shared.BeginAsync([SharedFunction.To("/wait") with { Id = "a" }, SharedFunction.To("/wait") with { Id = "b" }]);
        await worker.Control.WaitForLogsAsync(lines => lines.Count(l => l.Text == "waiting") == 2);

        await shared.CancelAsync(streams[0], CancelReason.Timeout);

        var cancelled = await shared.ReadAsync();
        Assert.Equal((streams[0], "Unhandled"), (cancelled.Stream, cancelled.Answer?.Failure?.Kind));
        Assert.Equal("a", (await worker.Control.WaitForLogAsync("left")).InvocationId);
        await shared.BeginAsync(SharedFunction.To("/open"));
        SharedAnswer[] others = [await shared.ReadAsync(), await shared.ReadAsync()];
        Assert.Equal("/wait", others.Single(a => a.Stream == streams[1]).Answer!.Text);
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_cancel_of_an_unknown_or_ended_invocation_is_ignored(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();
        Assert.Equal("/first", (await shared.InvokeAsync(SharedFunction.To("/first"))).Text);

        await shared.CancelAsync(1, CancelReason.CallerGone);
        await shared.CancelAsync(999, CancelReason.Timeout);

        Assert.Equal("/second", (await shared.InvokeAsync(SharedFunction.To("/second"))).Text);
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_shared_connection_that_closes_cancels_all_of_its_invocations(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using (var shared = await worker.OpenSharedAsync())
        {
            await shared.BeginAsync([SharedFunction.To("/wait") with { Id = "a" }, SharedFunction.To("/wait") with { Id = "b" }]);
            await worker.Control.WaitForLogsAsync(lines => lines.Count(l => l.Text == "waiting") == 2);
        }

        await worker.Control.WaitForLogsAsync(lines => lines.Count(l => l.Text == "left") == 2);
        Assert.Equal("/fine", (await worker.InvokeAsync(SharedFunction.To("/fine"))).Text);
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_worker_that_drains_refuses_and_answers_what_runs(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();
        using var data = await worker.OpenDataAsync();
        var running = await shared.BeginAsync(SharedFunction.To("/wait"));
        var longer = await shared.BeginAsync(SharedFunction.Repeat("x", 1_000_000));
        await worker.Control.WaitForLogAsync("waiting");
        Assert.True((await shared.ReadAsync()).IsMoved);

        await worker.Control.ShutdownAsync(600_000);
        // Shutdown and requests travel on different connections; the answer to this comes after it.
        Assert.Equal("AlreadySpecialized", (await worker.SpecializeAsync("app.handler")).Error);

        await shared.BeginAsync([SharedFunction.To("/a"), SharedFunction.To("/b") with { Body = "with a body"u8.ToArray() }, SharedFunction.To("/c")]);
        for (var i = 0; i < 3; i++)
        {
            var refused = (await shared.ReadAsync()).Answer!;
            Assert.Equal((EndOutcome.Refused, 0, null), (refused.End.Outcome, refused.Status, refused.Failure));
        }

        // What has begun still ends as it would have, and the worker with the last of it.
        await shared.CancelAsync(running, CancelReason.Timeout);
        var cancelled = await shared.ReadAsync();
        Assert.Equal((running, EndOutcome.Failed), (cancelled.Stream, cancelled.Answer!.End.Outcome));
        Assert.Equal(1_000_000, (await (await data.TakeAsync(longer, "")).ReadAnswerAsync()).Body.Length);
        Assert.Equal(0, await worker.ExitCodeAsync());
    }
}
