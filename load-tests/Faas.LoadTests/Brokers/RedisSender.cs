using StackExchange.Redis;

namespace Faas.LoadTests.Brokers;

/// <summary>Adds entries to a stream, or items to a list. Redis answers when they are on its disk (<c>appendfsync always</c>).</summary>
internal sealed class RedisSender : IEventSender
{
    private readonly ConnectionMultiplexer _redis;
    private readonly string _key;
    private readonly bool _isStream;

    private RedisSender(ConnectionMultiplexer redis, string key, bool isStream) => (_redis, _key, _isStream) = (redis, key, isStream);

    public static async Task<IEventSender> ConnectAsync(string address, string key, bool isStream)
    {
        var options = ConfigurationOptions.Parse(address);
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;   // what is sent later than asked would be sent twice
        return new RedisSender(await ConnectionMultiplexer.ConnectAsync(options), key, isStream);
    }

    public async Task<bool> SendAsync(string token, CancellationToken cancellationToken)
    {
        try
        {
            var database = _redis.GetDatabase();
            if (_isStream)
            {
                await database.StreamAddAsync(_key, "data", token);
            }
            else
            {
                await database.ListLeftPushAsync(_key, token);
            }

            return true;
        }
        catch (Exception e) when (e is RedisException or RedisTimeoutException)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync() => _redis.DisposeAsync();
}
