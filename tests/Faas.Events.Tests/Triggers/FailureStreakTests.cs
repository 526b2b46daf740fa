using Faas.Events.Triggers;

namespace Faas.Events.Tests.Triggers;

public sealed class FailureStreakTests
{
    private static readonly DateTimeOffset Noon = EventsFixture.Noon;

    [Fact]
    public void Single_failures_are_no_reason_to_wait()
    {
        var streak = new FailureStreak();
        for (var i = 1; i < FailureStreak.Tolerated; i++)
        {
            Assert.False(streak.Failed(Noon));
        }

        Assert.True(streak.GoesOnAt <= Noon);
        Assert.True(streak.Failed(Noon));
        Assert.Equal(Noon.AddSeconds(1), streak.GoesOnAt);
    }

    [Fact]
    public void Events_that_ran_beside_each_other_and_failed_together_are_one_reason()
    {
        var streak = new FailureStreak();
        for (var i = 0; i < 100; i++)
        {
            streak.Failed(Noon);
        }

        Assert.Equal(Noon.AddSeconds(1), streak.GoesOnAt);
    }

    [Fact]
    public void Pauses_double_up_to_five_minutes_and_a_success_ends_them()
    {
        var streak = new FailureStreak();
        var now = Noon;
        for (var i = 1; i < FailureStreak.Tolerated; i++)
        {
            streak.Failed(now);
        }

        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
        {
            Assert.True(streak.Failed(now));
            Assert.Equal(now.AddSeconds(seconds), streak.GoesOnAt);
            now = streak.GoesOnAt;
        }

        streak.Succeeded();
        Assert.False(streak.Failed(now));
        Assert.True(streak.GoesOnAt <= now);
    }
}
