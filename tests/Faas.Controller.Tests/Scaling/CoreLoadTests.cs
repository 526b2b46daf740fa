using Faas.Controller.Scaling;

namespace Faas.Controller.Tests.Scaling;

public sealed class CoreLoadTests
{
    private readonly CoreLoad _load = new();

    [Fact]
    public void It_tells_of_the_last_quarter_of_a_second()
    {
        Look(1000, idleMs: 0, runnable: 0);
        Look(1100, idleMs: 100, runnable: 0);
        Assert.Equal(0.5, _load.IdleShare);
        Look(1300, idleMs: 100, runnable: 0);
        Look(1400, idleMs: 100, runnable: 0);
        Assert.Equal(0, _load.IdleShare);
    }

    [Fact]
    public void One_look_at_a_full_run_queue_is_not_believed_and_several_are()
    {
        Look(1000, 0, runnable: 0);
        Look(1010, 0, runnable: 10);
        Assert.InRange(_load.Runnable, 0.5, 2);
        for (var at = 1020; at < 1500; at += 10)
        {
            Look(at, 0, runnable: 10);
        }

        Assert.InRange(_load.Runnable, 9.5, 10);
    }

    [Fact]
    public void After_a_pause_the_run_queue_is_what_it_is_now()
    {
        Look(1000, 0, runnable: 20);
        Look(5000, 0, runnable: 1);
        Assert.InRange(_load.Runnable, 0.9, 1.1);
    }

    private void Look(int ms, int idleMs, int runnable) =>
        _load.Look(new MachineReading(TimeSpan.FromMilliseconds(ms), TimeSpan.FromMilliseconds(idleMs), runnable), cores: 2);
}
