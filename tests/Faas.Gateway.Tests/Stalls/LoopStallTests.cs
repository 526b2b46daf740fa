using System.Collections.Concurrent;
using Faas.Gateway.Polling;
using Faas.Gateway.Stalls;
using Faas.Gateway.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Faas.Gateway.Tests.Stalls;

/// <summary>The watchdog and the event loops. What it says of a stack is tested in the real program.</summary>
public sealed class LoopStallTests
{
    [Fact]
    public async Task An_event_loop_that_is_blocked_is_told_of_and_so_is_its_return()
    {
        var log = new Lines();
        using var loops = new EventLoops(NullLogger<EventLoop>.Instance);
        using var watch = new StallWatch(loops, log, TimeProvider.System);
        using var release = new ManualResetEventSlim();
        await watch.StartedAsync(TestContext.Current.CancellationToken);
        await log.WithAsync("watching that none is blocked");

        loops.All[0].Post(new Blocker(release));
        await log.WithAsync("has not come back to the network");
        release.Set();
        await log.WithAsync("is back after");
        await watch.StopAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Blocker(ManualResetEventSlim release) : ILoopWork
    {
        public void Run() => release.Wait(Patience.Limit);
    }

    private sealed class Lines : ILogger<StallWatch>
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));

        public Task WithAsync(string text) => GatewayFixture.EventuallyAsync(() => _lines.Any(line => line.Contains(text, StringComparison.Ordinal)));
    }
}
