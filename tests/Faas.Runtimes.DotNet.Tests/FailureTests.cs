using Faas.Runtimes.Tests;
using Faas.WorkerProtocol;

namespace Faas.Runtimes.DotNet.Tests;

public sealed class FailureTests
{
    [Theory]
    [InlineData("Throws", "System.InvalidOperationException", "deep trouble", "TestFunctions.Failures.Deep (Failures.cs:")]
    [InlineData("ThrowsAsync", "System.ArgumentException", "async trouble", "TestFunctions.Failures.ThrowsAsync (Failures.cs:")]
    [InlineData("Aggregate", "System.FormatException", "inside", null)]
    [InlineData("Reflected", "System.InvalidOperationException", "deep trouble", "TestFunctions.Failures.Deep (Failures.cs:")]
    public async Task An_exception_is_reported_with_the_functions_own_frames(string method, string type, string message, string? frame)
    {
        await using var worker = await DotNetWorker.StartAsync($"Failures.{method}");
        var answer = await worker.InvokeAsync(new());
        Assert.Equal(("Unhandled", type, message), (answer.Failure!.Kind, answer.Failure.ErrorType, answer.Failure.Message));
        Assert.All(answer.Failure.Trace, line => Assert.StartsWith("TestFunctions.", line, StringComparison.Ordinal));
        Assert.True(frame is null || answer.Failure.Trace[0].StartsWith(frame, StringComparison.Ordinal), string.Join('\n', answer.Failure.Trace));
        Assert.NotNull((await worker.InvokeAsync(new())).Failure);
    }

    [Fact]
    public async Task A_function_may_blame_the_event()
    {
        await using var worker = await DotNetWorker.StartAsync("Failures.Bad");
        var answer = await worker.InvokeAsync(new());
        Assert.Equal(("BadEvent", "no such order"), (answer.Failure!.Kind, answer.Failure.Message));
    }

    [Theory]
    [InlineData("Cooperative", "waiting", "was cancelled", CancelReason.Timeout)]
    [InlineData("Blocking", "blocking", "unblocked", CancelReason.CallerGone)]
    public async Task A_cancelled_handler_hears_it_and_still_ends(string method, string before, string after, CancelReason reason)
    {
        await using var worker = await DotNetWorker.StartAsync($"Failures.{method}");
        using var data = await worker.OpenDataAsync();
        for (var i = 0; i < 2; i++)
        {
            var invocation = await data.BeginAsync(new() { Id = $"call-{i}" });
            await worker.Control.WaitForLogsAsync(lines => lines.Any(line => line.Text == before && line.InvocationId == $"call-{i}"));
            await invocation.CancelAsync(reason);
            Assert.Equal("stopped", (await invocation.ReadAnswerAsync()).Text);
            await worker.Control.WaitForLogsAsync(lines => lines.Any(line => line.Text == after && line.InvocationId == $"call-{i}"));
        }
    }

    [Fact]
    public async Task A_cancel_that_comes_together_with_the_request_is_heard()
    {
        await using var worker = await DotNetWorker.StartAsync("Failures.Cooperative");
        using var data = await worker.OpenDataAsync();
        using var writer = new PayloadWriter();
        writer.BeginFrame();
        new RequestHead { Kind = RequestKind.Http, IsHttps = false, TimeoutMs = 30_000, ContentLength = 0, ReceivedUnixMs = 0, InvocationId = "i", Method = "GET", Path = "/", Query = "", RemoteAddress = "" }.Write(writer);
        writer.U16(0);
        writer.EndFrame(FrameType.Request, 1, FrameMarks.EndOfBody);
        writer.BeginFrame();
        writer.U8(1);
        writer.EndFrame(FrameType.Cancel, 1);
        await data.Frames.SendAsync(writer.Written);
        Assert.Equal("stopped", (await new Invocation(data.Frames, 1, "i").ReadAnswerAsync()).Text);
    }

    [Fact]
    public async Task A_closed_connection_cancels_its_invocation()
    {
        await using var worker = await DotNetWorker.StartAsync("Failures.Cooperative");
        var data = await worker.OpenDataAsync();
        await data.BeginAsync(new());
        await worker.Control.WaitForLogAsync("waiting");
        data.Dispose();
        await worker.Control.WaitForLogAsync("was cancelled");
    }

    [Fact]
    public async Task A_handler_that_ignores_cancellation_keeps_its_slot_until_it_has_ended()
    {
        await using var worker = await DotNetWorker.StartAsync("Failures.Stubborn");
        using var data = await worker.OpenDataAsync();
        var invocation = await data.BeginAsync(new() { Method = "POST", Body = "stay"u8.ToArray() });
        await worker.Control.WaitForLogAsync("stubborn");
        await invocation.CancelAsync(CancelReason.Timeout);
        await worker.Control.WaitForLogAsync("heard");
        Assert.Equal(0, data.Frames.Available);
        Assert.Equal("gone", (await worker.InvokeAsync(new() { Method = "POST", Body = "go"u8.ToArray() })).Text);
        Assert.Equal("done anyway", (await invocation.ReadAnswerAsync()).Text);
    }

    [Fact]
    public async Task A_cancel_for_an_invocation_that_has_ended_is_ignored()
    {
        await using var worker = await DotNetWorker.StartAsync("Returns.Text");
        using var data = await worker.OpenDataAsync();
        var invocation = await data.BeginAsync(new());
        await invocation.ReadAnswerAsync();
        await invocation.CancelAsync(CancelReason.CallerGone);
        Assert.Equal("plain å", (await data.InvokeAsync(new())).Text);
    }

    [Fact]
    public async Task An_exception_on_a_thread_of_the_functions_own_ends_the_process_and_says_why()
    {
        await using var worker = await DotNetWorker.StartAsync("Failures.Thread");
        _ = await worker.OpenDataAsync().ContinueWith(data => data.Result.BeginAsync(new()), TaskScheduler.Default);
        Assert.NotEqual(0, await worker.ExitCodeAsync());
        Assert.Contains(worker.Output, line => line.Contains("from a thread", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_function_that_exits_takes_the_instance_with_it()
    {
        await using var worker = await DotNetWorker.StartAsync("Failures.Exit");
        await (await worker.OpenDataAsync()).BeginAsync(new());
        Assert.Equal(7, await worker.ExitCodeAsync());
    }
}
