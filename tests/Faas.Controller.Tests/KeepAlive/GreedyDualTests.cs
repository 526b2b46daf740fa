using Faas.Controller.Scaling.KeepAlive;

namespace Faas.Controller.Tests.KeepAlive;

public sealed class GreedyDualTests
{
    [Fact]
    public void Of_equal_memory_the_rarely_used_goes_first() =>
        Assert.Equal(["rare"], new GreedyDual().Evict([Idle("often", frequency: 50), Idle("rare")], 10));

    [Fact]
    public void Of_equal_use_the_one_that_is_quick_to_start_goes_first() =>
        Assert.Equal(["quick"], new GreedyDual().Evict([Idle("slow", activationMs: 80), Idle("quick")], 10));

    [Fact]
    public void Of_equal_use_the_large_one_goes_first() =>
        Assert.Equal(["large"], new GreedyDual().Evict([Idle("small"), Idle("large", mib: 400)], 10));

    [Fact]
    public void Of_equal_value_the_longest_idle_goes_first() =>
        Assert.Equal(["old"], new GreedyDual().Evict([Idle("new", idleMinute: 9), Idle("old", idleMinute: 2)], 10));

    [Fact]
    public void A_busy_one_is_never_evicted() =>
        Assert.Equal(["dear"], new GreedyDual().Evict([Idle("cheap") with { InFlight = 1 }, Idle("dear", frequency: 1000)], 10));

    [Fact]
    public void None_is_evicted_that_could_stay()
    {
        // By value: a, b, c. The first two are too small; with c, which is needed in any case, a alone is enough.
        EvictionCandidate[] idle = [Idle("a", mib: 30, activationMs: 1), Idle("b", mib: 20, frequency: 5), Idle("c", mib: 100, frequency: 100)];
        Assert.Equal(["a", "c"], new GreedyDual().Evict(idle, 130));
        Assert.Equal(["c"], new GreedyDual().Evict(idle, 60));
    }

    [Fact]
    public void None_is_evicted_when_all_together_are_not_enough()
    {
        var greedyDual = new GreedyDual();
        Assert.Empty(greedyDual.Evict([Idle("a"), Idle("b")], 201));
        Assert.Equal(0, greedyDual.Clock);
    }

    [Fact]
    public void Nothing_needed_is_nothing_evicted() => Assert.Empty(new GreedyDual().Evict([Idle("a")], 0));

    [Fact]
    public void What_was_dear_once_is_overtaken_by_what_is_used()
    {
        var greedyDual = new GreedyDual();
        var dear = Idle("dear", frequency: 20);
        for (var i = 0; i < 100; i++)
        {
            var used = Idle($"used {i}") with { ClockAtUse = greedyDual.Clock };
            if (greedyDual.Evict([dear, used], 100)[0] == "dear")
            {
                Assert.InRange(i, 10, 30);
                Assert.Equal(GreedyDual.Value(dear), greedyDual.Clock);
                return;
            }
        }

        Assert.Fail("the clock never overtook it");
    }

    [Fact]
    public void The_clock_never_falls_and_enough_is_always_freed()
    {
        var random = new Random(5);
        var greedyDual = new GreedyDual();
        for (var round = 0; round < 500; round++)
        {
            var idle = Enumerable.Range(0, random.Next(1, 30))
                .Select(i => Idle($"{i}", random.Next(1, 300), random.Next(1, 50), random.Next(1, 100)) with { ClockAtUse = greedyDual.Clock * random.NextDouble() }).ToList();
            var (needed, before) = (random.NextDouble() * idle.Sum(c => c.MemoryMiB), greedyDual.Clock);
            var evicted = greedyDual.Evict(idle, needed).Select(id => idle.Single(c => c.Id == id).MemoryMiB).ToList();

            Assert.True(evicted.Sum() >= needed && evicted.Sum() - evicted.Min() < needed);
            Assert.True(greedyDual.Clock >= before);
        }
    }

    private static EvictionCandidate Idle(string id, double mib = 100, double activationMs = 8, double frequency = 1, int idleMinute = 0) =>
        new(id, mib, activationMs, frequency, 0, DateTimeOffset.UnixEpoch.AddMinutes(idleMinute));
}
