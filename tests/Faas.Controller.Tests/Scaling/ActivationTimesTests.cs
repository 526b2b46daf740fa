using Faas.Controller.Scaling;

namespace Faas.Controller.Tests.Scaling;

public sealed class ActivationTimesTests
{
    private readonly ActivationTimes _times = new();

    [Fact]
    public void With_a_stem_and_without_are_two_things()
    {
        Assert.True(_times.Expected(hasStem: false) > 10 * _times.Expected(hasStem: true));
        Add(1000, isFromStem: false);
        Assert.Equal(10, _times.Expected(hasStem: true));
        for (var i = 0; i < 100; i++)
        {
            Add(4, isFromStem: true);
            Add(500, isFromStem: false);
        }

        Assert.Equal(4, _times.Expected(hasStem: true), 0.1);
        Assert.Equal(500, _times.Expected(hasStem: false), 0.1);
        Assert.InRange(_times.Mean, 200, 400);
    }

    private void Add(double ms, bool isFromStem) => _times.Add(new ActivationTime(TimeSpan.FromMilliseconds(ms), isFromStem));
}
