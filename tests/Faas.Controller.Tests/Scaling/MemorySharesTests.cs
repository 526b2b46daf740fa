using Faas.Controller.Scaling;

namespace Faas.Controller.Tests.Scaling;

public sealed class MemorySharesTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);

    [Fact]
    public void Who_has_most_gives_to_who_has_none() =>
        Assert.Equal(1, MemoryShares.WhoGives(Share(0), Now, [Share(2), Share(5), Share(3)], Now));

    [Fact]
    public void Nobody_gives_so_much_that_it_has_less_than_who_gets() =>
        Assert.Equal(-1, MemoryShares.WhoGives(Share(2), Now, [Share(2), Share(2)], Now + TimeSpan.FromHours(1)));

    [Fact]
    public void With_one_instance_each_they_take_turns_of_a_second()
    {
        MemoryShare[] others = [Share(1, servedAt: Now - TimeSpan.FromSeconds(3)), Share(1, servedAt: Now - TimeSpan.FromSeconds(5)), Share(1, servedAt: Now)];
        Assert.Equal(-1, MemoryShares.WhoGives(Share(0), Now, others, Now + TimeSpan.FromSeconds(0.9)));
        Assert.Equal(1, MemoryShares.WhoGives(Share(0), Now, others, Now + TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Who_got_its_only_instance_less_than_a_second_ago_keeps_it() =>
        Assert.Equal(-1, MemoryShares.WhoGives(Share(0), Now - TimeSpan.FromSeconds(10), [Share(1, servedAt: Now - TimeSpan.FromSeconds(0.5))], Now));

    [Fact]
    public void Who_has_nothing_left_to_take_is_not_asked() =>
        Assert.Equal(-1, MemoryShares.WhoGives(Share(0), Now, [new MemoryShare(1024, 128, 0, default)], Now + TimeSpan.FromMinutes(1)));

    private static MemoryShare Share(int instances, DateTimeOffset servedAt = default) => new(instances * 128, 128, instances, servedAt);
}
