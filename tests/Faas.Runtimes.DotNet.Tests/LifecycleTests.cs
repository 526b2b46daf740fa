using Faas.Runtimes.Tests;
using Faas.WorkerProtocol;

namespace Faas.Runtimes.DotNet.Tests;

public sealed class LifecycleTests
{
    [Fact]
    public async Task The_object_is_made_once_and_disposed_at_shutdown()
    {
        await using var worker = await DotNetWorker.StartAsync("Disposed.Handle");
        Assert.Contains(worker.Control.Logs, line => line.Text == "made once, no line break");
        Assert.Equal("1", (await worker.InvokeAsync(new())).Text);
        Assert.Equal("2", (await worker.InvokeAsync(new())).Text);
        await worker.Control.ShutdownAsync(60_000);
        Assert.Equal(0, await worker.ExitCodeAsync());
        Assert.Contains(worker.Control.Logs, line => line.Text == "disposed asynchronously");
    }

    [Fact]
    public async Task An_idle_worker_ends_on_SIGTERM_and_ignores_SIGINT()
    {
        await using var worker = await DotNetWorker.StartAsync("Returns.Text");
        await worker.SignalAsync("INT");
        Assert.Equal("plain å", (await worker.InvokeAsync(new())).Text);
        await worker.SignalAsync("TERM");
        Assert.Equal(0, await worker.ExitCodeAsync());
    }

    [Fact]
    public async Task The_watch_ticks_while_something_runs_and_not_beside_nothing()
    {
        await using var worker = await SharedFunction.ServeAsync("dotnet");
        using var shared = await worker.OpenSharedAsync();
        await NothingTicksAsync(worker);   // as soon as the worker's own rehearsal is over
        await shared.BeginAsync(SharedFunction.To("/wait"));
        await worker.Control.WaitForLogAsync("waiting");
        Assert.True(Ticks(worker.ProcessId));

        await shared.BeginAsync(SharedFunction.To("/open"));
        await shared.ReadAsync();   // Which of the two ends first nobody knows.
        await shared.ReadAsync();
        await NothingTicksAsync(worker);
    }

    [Fact]
    public async Task A_stem_without_a_function_ends_on_SIGTERM()
    {
        await using var worker = await DotNetWorker.StartAsync();
        await worker.SignalAsync("TERM");
        Assert.Equal(0, await worker.ExitCodeAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_runs_may_end_before_the_worker_does_and_nothing_new_starts(bool bySignal)
    {
        await using var worker = await DotNetWorker.StartAsync("Failures.Cooperative");
        using var data = await worker.OpenDataAsync();
        var invocation = await data.BeginAsync(new());
        await worker.Control.WaitForLogAsync("waiting");
        using var late = await worker.OpenDataAsync();
        await (bySignal ? worker.SignalAsync("TERM") : worker.Control.ShutdownAsync(60_000));
        if (!bySignal)
        {
            await worker.Control.ShutdownAsync(60_000);   // Answered in order, so that the first has been seen; a second changes nothing.
        }

        await Assert.ThrowsAsync<WorkerClosedException>(async () =>
        {
            while (true)
            {
                var attempt = await late.BeginAsync(new() { Id = "late" });
                await attempt.CancelAsync(CancelReason.CallerGone);   // Until the signal has been handled, it may still start.
                await attempt.ReadAnswerAsync();
            }
        });
        await invocation.CancelAsync(CancelReason.Timeout);
        Assert.Equal("stopped", (await invocation.ReadAnswerAsync()).Text);
        Assert.Equal(0, await worker.ExitCodeAsync());
    }

    [Fact]
    public async Task When_grace_is_over_the_worker_ends_whatever_runs()
    {
        await using var worker = await DotNetWorker.StartAsync("Failures.Cooperative");
        using var data = await worker.OpenDataAsync();
        await data.BeginAsync(new());
        await worker.Control.WaitForLogAsync("waiting");
        await worker.Control.ShutdownAsync(1);
        Assert.Equal(0, await worker.ExitCodeAsync());
    }

    [Fact]
    public async Task A_control_connection_needs_the_token_and_a_newer_one_replaces_an_older()
    {
        await using var worker = await DotNetWorker.StartAsync("Returns.Text");
        using var wrong = await worker.OpenControlAsync("wrong");
        await wrong.Closed;
        Assert.False(worker.Control.Closed.IsCompleted);
        using var newer = await worker.OpenControlAsync(worker.Token);
        await worker.Control.Closed;
        await newer.ShutdownAsync(0);
        Assert.Equal(0, await worker.ExitCodeAsync());
    }

    [Fact]
    public async Task Nothing_is_served_before_specialization_and_nonsense_closes_only_its_own_connection()
    {
        await using var worker = await DotNetWorker.StartAsync();
        using var early = await worker.OpenDataAsync();
        var attempt = await early.BeginAsync(new());
        await Assert.ThrowsAsync<WorkerClosedException>(attempt.ReadAnswerAsync);
        DotNetWorker.CopyFunctions(worker);
        await worker.SpecializeOkAsync("Returns.Text");
        using var bad = await worker.OpenDataAsync();
        await bad.Frames.SendAsync(new byte[] { 255, 255, 255, 255, 1, 2, 3, 4, 5, 6, 7, 8 });
        Assert.Null(await bad.Frames.ReadFrameAsync());
        Assert.Equal("plain å", (await worker.InvokeAsync(new())).Text);
    }

    [Fact]
    public async Task Many_connections_run_side_by_side()
    {
        await using var worker = await DotNetWorker.StartAsync("Failures.Blocking");
        var connections = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => worker.OpenDataAsync()));
        var running = await Task.WhenAll(connections.Select((data, i) => data.BeginAsync(new() { Id = $"{i}" })));
        await worker.Control.WaitForLogsAsync(lines => lines.Count(line => line.Text == "blocking") == 64);
        await Task.WhenAll(running.Select(invocation => invocation.CancelAsync(CancelReason.Timeout)));
        var answers = await Task.WhenAll(running.Select(invocation => invocation.ReadAnswerAsync()));
        Assert.All(answers, answer => Assert.Equal("stopped", answer.Text));
    }

    private static async Task NothingTicksAsync(WorkerHarness worker)
    {
        while (Ticks(worker.ProcessId))
        {
            worker.OutOfPatience.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Whether a timer of the kernel's is set in a process.</summary>
    private static bool Ticks(int process) => Directory.EnumerateFileSystemEntries($"/proc/{process}/fdinfo")
        .Select(ReadFdInfo).Any(info => info.Contains("it_interval:", StringComparison.Ordinal) && !info.Contains("it_interval: (0, 0)", StringComparison.Ordinal));

    private static string ReadFdInfo(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";   // It was closed just now.
        }
    }
}
