using Faas.Events.RedisLists;

namespace Faas.Events.Tests.RedisLists;

public sealed class ListKeysTests
{
    [Theory]
    [InlineData("jobs", "faas:{jobs}:hello/worker:taken")]
    [InlineData("{shop}:jobs", "faas:{shop}:{shop}:jobs:hello/worker:taken")]
    [InlineData("jobs:{a}{b}", "faas:{a}:jobs:{a}{b}:hello/worker:taken")]
    public void A_cluster_keeps_them_with_the_list(string list, string taken)
    {
        var keys = new ListKeys(list, "hello/worker");
        Assert.Equal(taken, (string?)keys.Taken);
        Assert.Equal(taken.Replace(":taken", ":transit", StringComparison.Ordinal), (string?)keys.Transit);
    }
}
