using Faas.Gateway.Stalls;

namespace Faas.Gateway.Tests.Stalls;

/// <summary>What counts as a stall, and what is the machine's fault.</summary>
public sealed class StallJudgeTests
{
    private readonly StallJudge _judge = new();

    [Fact]
    public void A_thread_that_is_away_for_the_limit_stalls()
    {
        _judge.Begin(Times(0));
        Assert.Equal([false, false, true], Looks(3, _ => Times(0)));
    }

    [Fact]
    public void A_thread_that_computes_all_the_time_stalls_too()
    {
        _judge.Begin(Times(0));
        Assert.Equal([false, false, true], Looks(3, _ => Times(0, 'R')));
    }

    [Fact]
    public void A_thread_that_gets_no_core_does_not_stall()
    {
        _judge.Begin(Times(7));
        Assert.DoesNotContain(true, Looks(100, i => Times(7 + (0.1 * i), 'R')));
    }

    [Fact]
    public void Time_without_a_core_is_subtracted()
    {
        _judge.Begin(Times(0));
        Assert.Equal([false, false, false, true], Looks(4, _ => Times(0.1)));
    }

    [Fact]
    public void A_pause_of_the_whole_process_is_not_the_threads()
    {
        _judge.Begin(Times(0));
        Assert.False(_judge.IsStall(TimeSpan.FromMinutes(1), Times(0)));
    }

    [Fact]
    public void A_new_beat_begins_anew()
    {
        _judge.Begin(Times(0));
        Assert.Contains(true, Looks(3, _ => Times(0)));
        _judge.Begin(Times(0));
        Assert.Equal([false, false, true], Looks(3, _ => Times(0)));
    }

    [Fact]
    public void Where_the_kernel_tells_nothing_nothing_is_claimed()
    {
        _judge.Begin(null);
        Assert.DoesNotContain(true, Looks(100, _ => null));
    }

    private static ThreadTimes Times(double waitedSeconds, char state = 'S') => new(TimeSpan.FromSeconds(waitedSeconds), state);

    private List<bool> Looks(int count, Func<int, ThreadTimes?> times) =>
        [.. Enumerable.Range(1, count).Select(i => _judge.IsStall(StallJudge.Interval, times(i)))];
}
