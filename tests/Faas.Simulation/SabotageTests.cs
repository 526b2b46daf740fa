using Faas.Simulation.Running;

namespace Faas.Simulation;

/// <summary>The simulation can fail: each of these faults, for which the platform is not made, is noticed.</summary>
public sealed class SabotageTests
{
    private const int SeedsMax = 1000;

    [Theory]
    [InlineData("KeepSlots", "slots of")]
    [InlineData("LoseWishes", "")]
    [InlineData("LoseThaws", "")]
    [InlineData("LoseDrained", "")]
    [InlineData("FreezeTheBusy", "is frozen while")]
    [InlineData("StopTheBusy", "is stopped while")]
    [InlineData("LoseReady", "")]
    [InlineData("ShrinkMemory", "MiB are in use")]
    [InlineData("NeverRecall", "ahead at")]
    [InlineData("GiveBackTheBegun", "begun")]
    [InlineData("TrustTheMoved", "begun")]
    [InlineData("HoldNothingBack", "run on")]
    public void A_fault_that_breaks_a_promise_is_noticed(string sabotage, string message)
    {
        var kind = Enum.Parse<Sabotage>(sabotage);
        var noticed = Enumerable.Range(1, SeedsMax).Select(seed => new Schedule(seed, kind).Run().Failure).FirstOrDefault(failure => failure is not null);
        Assert.True(noticed is not null, $"{SeedsMax} schedules with {sabotage} went well");
        Assert.Contains(message, noticed, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_tells_its_seed_and_the_last_steps()
    {
        var failure = Enumerable.Range(1, SeedsMax).Select(seed => new Schedule(seed, Sabotage.LoseReady).Run()).First(result => result.Failure is not null);
        Assert.StartsWith($"seed {failure.Seed}: ", failure.Failure, StringComparison.Ordinal);
        Assert.True(failure.Failure!.Split('\n').Length > 20, failure.Failure);
    }
}
