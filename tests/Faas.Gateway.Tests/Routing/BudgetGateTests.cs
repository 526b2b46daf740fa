using Faas.Gateway.Routing;
using Faas.Link;

namespace Faas.Gateway.Tests.Routing;

public sealed class BudgetGateTests
{
    private const long Now = 1_700_000_000_000;
    private const long Tomorrow = Now + 86_400_000;

    [Fact]
    public void A_stopped_function_admits_nothing_until_the_period_ends_and_everything_from_then_on()
    {
        var gate = Gate(0);
        Assert.False(gate.TryAdmit(Now, out var retryAfter));
        Assert.Equal(3600, retryAfter);   // a budget may be raised before the day ends
        Assert.False(gate.TryAdmit(Tomorrow - 1500, out retryAfter));
        Assert.Equal(2, retryAfter);
        Assert.True(gate.TryAdmit(Tomorrow, out _));
        Assert.True(gate.IsShut(Tomorrow - 1, out _));
        Assert.False(gate.IsShut(Tomorrow, out _));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1)]
    [InlineData(0.5)]
    public void A_throttled_function_admits_its_rate_and_at_most_a_seconds_share_at_once(double perSecond)
    {
        var gate = Gate(perSecond);
        Assert.False(gate.IsShut(Now, out _));
        var first = Enumerable.Range(0, 100).Count(_ => gate.TryAdmit(Now, out var _));
        Assert.Equal((int)Math.Max(1, perSecond), first);
        var admitted = Enumerable.Range(1, 20_000).Count(ms => gate.TryAdmit(Now + ms, out var _));
        Assert.Equal((int)(20 * perSecond), admitted);
    }

    [Fact]
    public void Who_is_refused_by_a_rate_is_told_when_there_is_room_again()
    {
        var gate = Gate(0.1);
        Assert.True(gate.TryAdmit(Now, out _));
        Assert.False(gate.TryAdmit(Now + 4000, out var retryAfter));
        Assert.Equal(6, retryAfter);
        Assert.True(gate.TryAdmit(Now + 10_000, out _));
    }

    [Fact]
    public async Task Threads_that_come_at_once_share_the_rate()
    {
        var gate = Gate(1000);
        var admitted = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
            () => Enumerable.Range(0, 2000).Count(_ => gate.TryAdmit(Now, out var _)), TestContext.Current.CancellationToken)));
        Assert.Equal(1000, admitted.Sum());
    }

    private static BudgetGate Gate(double perSecond) => new(new BudgetLimit { PerSecond = perSecond, UntilUnixMs = Tomorrow, Detail = "spent" });
}
