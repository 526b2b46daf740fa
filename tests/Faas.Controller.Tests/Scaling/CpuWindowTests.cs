using Faas.Controller.Scaling;

namespace Faas.Controller.Tests.Scaling;

public sealed class CpuWindowTests
{
    private readonly CpuWindow _window = new();

    [Fact]
    public void Right_after_growth_nothing_is_known()
    {
        _window.Restart(At(0, 0));
        Assert.Null(_window.IdleShare(At(40, 80), cores: 2));
    }

    [Fact]
    public void It_is_the_idle_time_of_all_cores_since_the_growth()
    {
        _window.Restart(At(1000, 500));
        Assert.Equal(0.25, _window.IdleShare(At(1100, 550), cores: 2));
    }

    [Fact]
    public void What_was_measured_before_a_growth_says_nothing_after_it()
    {
        _window.Restart(At(0, 0));
        Assert.Equal(1, _window.IdleShare(At(100, 200), cores: 2));
        _window.Restart(At(100, 200));
        Assert.Null(_window.IdleShare(At(110, 200), cores: 2));
    }

    [Fact]
    public void Under_a_load_that_lasts_it_speaks_of_the_last_quarter_of_a_second()
    {
        _window.Restart(At(0, 0));
        Assert.Equal(1, _window.IdleShare(At(300, 600), cores: 2));
        Assert.Equal(1, _window.IdleShare(At(320, 600), cores: 2));   // too short a window: the last one still holds
        Assert.Equal(0, _window.IdleShare(At(400, 600), cores: 2));
    }

    [Fact]
    public void A_pause_ends_the_window_because_it_says_nothing_of_the_load_that_follows()
    {
        _window.Restart(At(0, 0));
        Assert.Null(_window.IdleShare(At(60_000, 120_000), cores: 2));
        Assert.Equal(0, _window.IdleShare(At(60_100, 120_000), cores: 2));
    }

    private static MachineReading At(int ms, int idleMs) => new(TimeSpan.FromMilliseconds(ms), TimeSpan.FromMilliseconds(idleMs));
}
