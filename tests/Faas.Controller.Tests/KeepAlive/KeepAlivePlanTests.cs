using Faas.Controller.Scaling.KeepAlive;

namespace Faas.Controller.Tests.KeepAlive;

public sealed class KeepAlivePlanTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Windows_hold_from_their_begin_to_just_before_their_end()
    {
        var plan = new KeepAlivePlan(Minute, 5 * Minute, 8 * Minute, KeepAliveBasis.Fixed);
        bool[] expected = [true, false, false, false, false, true, true, true, false, false];

        Assert.Equal(expected, Enumerable.Range(0, 10).Select(i => plan.WantsInstance(i * Minute)));
    }

    [Fact]
    public void The_next_change_is_where_the_answer_changes()
    {
        KeepAlivePlan[] plans =
        [
            new(Minute, 5 * Minute, 8 * Minute, KeepAliveBasis.Fixed),
            new(TimeSpan.Zero, 5 * Minute, 8 * Minute, KeepAliveBasis.Fixed),
            KeepAlivePlan.KeepFor(3 * Minute, KeepAliveBasis.Fixed),
            KeepAlivePlan.KeepFor(TimeSpan.Zero, KeepAliveBasis.Fixed),
        ];
        foreach (var plan in plans)
        {
            for (var seconds = 0; seconds < 600; seconds += 15)
            {
                var idle = TimeSpan.FromSeconds(seconds);
                var changes = Enumerable.Range(seconds + 1, 1000).Where(s => plan.WantsInstance(TimeSpan.FromSeconds(s)) != plan.WantsInstance(idle)).ToList();
                Assert.Equal(changes.Count == 0 ? null : TimeSpan.FromSeconds(changes[0]), plan.NextChange(idle));
            }
        }
    }

    [Fact]
    public void A_fixed_time_is_kept_whatever_happened()
    {
        var history = IdleHistoryTests.Of(Enumerable.Repeat(Minute, 50));
        Assert.Equal(KeepAlivePlan.KeepFor(5 * Minute, KeepAliveBasis.Fixed), new FixedKeepAlive(5 * Minute).Plan(history));
        Assert.True(new FixedKeepAlive(TimeSpan.MaxValue).Plan(history).WantsInstance(TimeSpan.FromDays(10_000)));
    }

    [Fact]
    public void Plans_say_why_and_what()
    {
        var policy = new HybridHistogram(new());
        string Text(params double[] minutes) => policy.Plan(IdleHistoryTests.Of(minutes.Select(TimeSpan.FromMinutes))).ToString();

        Assert.Equal("histogram of 4 idle times: 1 % below 9.2 min, 99 % below 31 min: stopped after use, started again at 8.7 min, kept until 45 min", Text(9.2, 20, 25, 31));
        Assert.Equal("no idle time known yet: kept for 10 min", Text());
        Assert.Equal("only 1 idle time known yet: kept for 10 min, started again at 57 min, kept until 117 min", Text(60));
        Assert.Equal("2 of 2 idle times longer than 4 h: kept for 10 min", Text(300, 300));
        Assert.Equal("fixed: kept for 1.5 min", new FixedKeepAlive(1.5 * Minute).Plan(new()).ToString());
    }
}
