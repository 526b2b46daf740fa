using Faas.Controller.Scaling.KeepAlive;

namespace Faas.Controller.Tests.KeepAlive;

public sealed class IdleHistoryTests
{
    [Fact]
    public void Percentiles_are_those_of_a_naive_sort()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var times = Times(random, random.Next(1, 400));
            var history = Of(times);
            var last = times.TakeLast(IdleHistory.DefaultCapacity).Where(t => t <= IdleHistory.Bound).Order().ToList();
            foreach (var percent in (int[])[0, 1, 5, 7, 50, 95, 99, 100])
            {
                var rank = Math.Max(1, ((percent * last.Count) + 99) / 100);
                Assert.Equal(last.Count == 0 ? TimeSpan.Zero : last[rank - 1], history.Percentile(percent / 100.0));
            }
        }
    }

    [Fact]
    public void Below_a_second_and_at_hours_it_knows_milliseconds()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(7), Of([TimeSpan.FromMilliseconds(7)]).Percentile(0.5));
        Assert.Equal(TimeSpan.FromMilliseconds(14_399_999), Of([TimeSpan.FromMilliseconds(14_399_999)]).Percentile(0.5));
    }

    [Fact]
    public void Longer_than_the_bound_only_counts()
    {
        var history = Of([IdleHistory.Bound, IdleHistory.Bound + TimeSpan.FromSeconds(1), TimeSpan.MaxValue]);

        Assert.Equal((3, 1, 2), (history.Total, history.Count, history.OutOfBounds));
        Assert.Equal(IdleHistory.Bound, history.Percentile(1));
    }

    [Fact]
    public void A_clock_that_went_back_counts_as_no_idle_time() => Assert.Equal(TimeSpan.Zero, Of([TimeSpan.FromSeconds(-1)]).Percentile(1));

    [Fact]
    public void Without_a_sample_percentiles_are_zero() => Assert.Equal(TimeSpan.Zero, new IdleHistory().Percentile(0.99));

    [Fact]
    public void The_oldest_are_forgotten_and_those_out_of_bounds_too()
    {
        var history = Of([TimeSpan.FromHours(5), TimeSpan.FromHours(1), .. Enumerable.Repeat(TimeSpan.FromSeconds(2), IdleHistory.DefaultCapacity)]);

        Assert.Equal((IdleHistory.DefaultCapacity, 0), (history.Total, history.OutOfBounds));
        Assert.Equal(TimeSpan.FromSeconds(2), history.Percentile(1));
    }

    [Fact]
    public void What_is_read_back_is_the_same_and_ages_the_same_way()
    {
        var random = new Random(11);
        for (var round = 0; round < 200; round++)
        {
            var history = Of(Times(random, random.Next(0, 300)));
            Assert.True(IdleHistory.TryParse(history.Serialize(), out var copy));
            foreach (var later in Times(random, random.Next(0, 200)).Prepend(TimeSpan.Zero))
            {
                Assert.Equal(history.Serialize(), copy.Serialize());
                Assert.Equal(history.Ascending, copy.Ascending);
                Assert.Equal(history.OutOfBounds, copy.OutOfBounds);
                history.Record(later);
                copy.Record(later);
            }
        }
    }

    [Fact]
    public void The_text_is_short()
    {
        var history = Of(Enumerable.Repeat(IdleHistory.Bound, IdleHistory.DefaultCapacity));
        Assert.InRange(history.Serialize().Length, 1, 700);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("no base64!")]
    [InlineData("AAAA")]
    [InlineData("Af8=")]
    [InlineData("Af//////////")]
    public void Anything_else_is_refused(string? text) => Assert.False(IdleHistory.TryParse(text, out _));

    internal static IdleHistory Of(IEnumerable<TimeSpan> idleTimes)
    {
        var history = new IdleHistory();
        foreach (var idle in idleTimes)
        {
            history.Record(idle);
        }

        return history;
    }

    // From milliseconds to eight hours, half of them close together, so that equal ones occur.
    private static List<TimeSpan> Times(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => TimeSpan.FromMilliseconds(random.Next(2) == 0 ? random.Next(50) : Math.Floor(Math.Pow(10, random.NextDouble() * 7.46))))];
}
