using Faas.Events.Brokers;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Events.Tests;

/// <summary>How many deliveries of a source run at the same time, and how they end with it.</summary>
public sealed class DeliveryWindowTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _clock = new();
    private readonly CancellationTokenSource _stop = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task No_more_deliveries_run_than_the_window_has_room_for()
    {
        var gate = new TaskCompletionSource();
        var (running, most) = (0, 0);
        var both = new TaskCompletionSource();
        var source = DeliveryWindow.RunAsync(2, _clock, async window =>
        {
            for (var i = 0; i < 10; i++)
            {
                await window.StartAsync(async _ =>
                {
                    var now = Interlocked.Increment(ref running);
                    lock (gate)
                    {
                        most = Math.Max(most, now);
                    }

                    if (now == 2)
                    {
                        both.TrySetResult();
                    }

                    await gate.Task;
                    Interlocked.Decrement(ref running);
                });
            }
        }, _stop.Token);
        await both.Task.WaitAsync(Limit, Ct);
        gate.SetResult();
        await source.WaitAsync(Limit, Ct);
        Assert.Equal(2, most);
    }

    [Fact]
    public async Task A_delivery_that_throws_ends_its_source_with_what_it_threw()
    {
        var source = DeliveryWindow.RunAsync(4, _clock, async window =>
        {
            await window.StartAsync(_ => throw new IOException("no space left on device"));
            await new TaskCompletionSource().Task.WaitAsync(window.Ending);
        }, _stop.Token);
        var thrown = await Assert.ThrowsAsync<IOException>(() => source.WaitAsync(Limit, Ct));
        Assert.Equal("no space left on device", thrown.Message);
    }

    [Fact]
    public async Task What_a_source_throws_itself_is_thrown_after_its_deliveries_have_ended()
    {
        var gate = new TaskCompletionSource();
        var source = DeliveryWindow.RunAsync(4, _clock, async window =>
        {
            await window.StartAsync(_ => gate.Task);
            throw new BrokerException("the connection is lost");
        }, _stop.Token);
        Assert.False(source.IsCompleted);
        gate.SetResult();
        await Assert.ThrowsAsync<BrokerException>(() => source.WaitAsync(Limit, Ct));
    }

    [Fact]
    public async Task Stopped_it_begins_nothing_more_and_waits_for_what_runs()
    {
        var gate = new TaskCompletionSource();
        var began = new TaskCompletionSource();
        var wasAcknowledged = false;
        var source = DeliveryWindow.RunAsync(4, _clock, async window =>
        {
            await window.StartAsync(async ct =>
            {
                began.SetResult();
                await gate.Task.WaitAsync(ct);
                wasAcknowledged = true;
            });
            await new TaskCompletionSource().Task.WaitAsync(window.Ending);
        }, _stop.Token);
        await began.Task.WaitAsync(Limit, Ct);
        await _stop.CancelAsync();
        Assert.False(source.IsCompleted);
        gate.SetResult();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => source.WaitAsync(Limit, Ct));
        Assert.True(wasAcknowledged);
    }

    [Fact]
    public async Task What_still_runs_seconds_after_the_stop_is_left()
    {
        var began = new TaskCompletionSource();
        var source = DeliveryWindow.RunAsync(4, _clock, async window =>
        {
            await window.StartAsync(async ct =>
            {
                began.SetResult();
                await new TaskCompletionSource().Task.WaitAsync(ct);
            });
            await new TaskCompletionSource().Task.WaitAsync(window.Ending);
        }, _stop.Token);
        await began.Task.WaitAsync(Limit, Ct);
        await _stop.CancelAsync();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!source.IsCompleted && await timer.WaitForNextTickAsync(Ct))
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => source);
    }
}
