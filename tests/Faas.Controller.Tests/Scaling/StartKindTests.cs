using Faas.Controller.Scaling;

namespace Faas.Controller.Tests.Scaling;

public sealed class StartKindTests
{
    private readonly FleetFixture _fleet = new();

    [Fact]
    public void An_instance_for_which_somebody_waits_whom_nothing_serves_has_a_right_to_the_cores()
    {
        _fleet.Wait(_fleet.Deploy("first"), waiting: 1);
        Assert.Equal(StartKind.Awaited, Assert.Single(_fleet.Activations).Kind);
    }

    [Fact]
    public void An_instance_that_joins_others_takes_what_they_leave()
    {
        var (pool, _) = _fleet.Running("busy");
        _fleet.Wait(pool, waiting: 20, slots: 1, inFlight: 1, runMs: 100);
        Assert.All(_fleet.Activations, activation => Assert.Equal(StartKind.Added, activation.Kind));
        Assert.NotEmpty(_fleet.Activations);
    }

    [Fact]
    public void An_instance_that_must_be_there_takes_what_others_leave()
    {
        _fleet.Deploy("kept", spec => spec with { MinInstances = 1 });
        _fleet.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(StartKind.Added, Assert.Single(_fleet.Activations).Kind);
    }
}
