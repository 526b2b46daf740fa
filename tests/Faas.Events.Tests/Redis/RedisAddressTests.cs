using System.Net;
using Faas.Events.Brokers;
using Faas.Events.Redis;

namespace Faas.Events.Tests.Redis;

public sealed class RedisAddressTests
{
    [Theory]
    [InlineData("redis://localhost", "localhost", 6379, null, null, 0, false)]
    [InlineData("redis://localhost:7000/3", "localhost", 7000, null, null, 3, false)]
    [InlineData("redis://:secret@cache/", "cache", 6379, null, "secret", 0, false)]
    [InlineData("rediss://app:p%40ss%3A%2F%3F%23%25word@cache:6380/15", "cache", 6380, "app", "p@ss:/?#%word", 15, true)]
    public void An_address_says_host_port_user_password_database_and_whether_it_is_TLS(string url, string host, int port, string? user, string? password, int database, bool isTls)
    {
        var settings = RedisAddress.Parse(url);
        var endpoint = Assert.IsType<DnsEndPoint>(Assert.Single(settings.EndPoints));
        Assert.Equal((host, port), (endpoint.Host, endpoint.Port));
        Assert.Equal((user, password), (settings.User, settings.Password));
        Assert.Equal((database, isTls), (settings.DefaultDatabase, settings.Ssl));
    }

    [Fact]
    public void An_address_may_have_an_IPv6_host() =>
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 7000), Assert.Single(RedisAddress.Parse("redis://[::1]:7000").EndPoints));

    [Theory]
    [InlineData("redis://localhost/orders", "database's number")]
    [InlineData("redis://app@localhost", "user without a password")]
    [InlineData("redis://localhost?db=1", "must be like")]
    public void An_address_that_cannot_be_used_is_refused_in_words_that_have_none_of_its_secrets(string url, string words)
    {
        Assert.Contains(words, RedisAddress.ProblemOf(url), StringComparison.Ordinal);
        Assert.Contains(words, Assert.Throws<BrokerException>(() => RedisAddress.Parse(url)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_is_judged_before_its_secrets_are_known() => Assert.Null(RedisAddress.ProblemOf("redis://${USER}:${PASSWORD}@${HOST}:6379/${DATABASE}"));
}
