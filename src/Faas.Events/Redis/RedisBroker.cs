using Faas.Contracts.Functions;
using Faas.Events.Brokers;
using Faas.Events.Triggers;
using StackExchange.Redis;

namespace Faas.Events.Redis;

/// <summary>
/// A Redis server during one run of a source. It has two connections, one for reads that wait and one for everything else, because what waits holds up whatever comes behind it
/// on the same connection. When one of them is lost, what is under way fails, and so does what follows: the source ends, and is run again.
/// </summary>
internal sealed class RedisBroker : IAsyncDisposable
{
    /// <summary>How long a read waits for something to come; as long may it take to stop.</summary>
    public static readonly TimeSpan BlockTime = TimeSpan.FromSeconds(1);

    /// <summary>How long a server may take to answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConnectionMultiplexer _reads;
    private readonly ConnectionMultiplexer _others;
    private readonly string _place;
    private readonly string _type;

    private RedisBroker(ConnectionMultiplexer reads, ConnectionMultiplexer others, string place, string type) => (_reads, _others, _place, _type) = (reads, others, place, type);

    /// <summary>Connects. It takes seconds at most, hence nothing cancels it in between.</summary>
    /// <param name="context">The trigger.</param>
    /// <param name="url">Its address, which may name secrets.</param>
    /// <param name="type">What the trigger's keys are: <c>stream</c>, <c>list</c>.</param>
    /// <param name="ct">Ends the wait for secrets.</param>
    /// <exception cref="BrokerException">It is not there, refuses, or is no Redis.</exception>
    public static async Task<RedisBroker> OpenAsync(TriggerContext context, string url, string type, CancellationToken ct)
    {
        var settings = RedisAddress.Parse(await context.FillAddressAsync(url, ct));
        settings.ClientName = $"faas:{context.Key.Id}";
        settings.AbortOnConnectFail = true;
        settings.ConnectRetry = 1;
        settings.ConnectTimeout = (int)Patience.TotalMilliseconds;
        settings.KeepAlive = 5;   // seconds; a connection that died without a word is noticed by it
        settings.BacklogPolicy = BacklogPolicy.FailFast;
        settings.Protocol = RedisProtocol.Resp2;
        settings.TieBreaker = "";   // we have no key outside of the trigger's
        settings.ConfigurationChannel = "";
        settings.CommandMap = CommandMap.Create(["SUBSCRIBE"], available: false);   // else each has a second connection for what nobody uses
        var place = BrokerAddress.PlaceOf(url);
        var reads = await ConnectAsync(settings, BlockTime + Patience, place);
        try
        {
            return new RedisBroker(reads, await ConnectAsync(settings, Patience, place), place, type);
        }
        catch (BrokerException)
        {
            await reads.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command that waits <see cref="BlockTime"/> or less for something to come, and returns when it has ended: what it has taken is known then. One at a time.</summary>
    /// <param name="key">The key that an error is about.</param>
    /// <param name="command">The command.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="BrokerException">The server is away, or refuses.</exception>
    public Task<RedisResult> ReadAsync(string key, string command, object[] arguments) => AnswerAsync(key, () => _reads.GetDatabase().ExecuteAsync(command, arguments), CancellationToken.None);

    /// <summary>Runs a command that does not wait.</summary>
    public Task<RedisResult> RunAsync(string key, string command, object[] arguments, CancellationToken ct) =>
        AnswerAsync(key, () => _others.GetDatabase().ExecuteAsync(command, arguments), ct);

    /// <summary>Runs a script. Nothing comes between its commands; what one of them did stays done when the next one fails.</summary>
    public Task<RedisResult> EvaluateAsync(string key, string script, RedisKey[] keys, RedisValue[] arguments, CancellationToken ct) =>
        AnswerAsync(key, () => _others.GetDatabase().ScriptEvaluateAsync(script, keys, arguments), ct);

    /// <summary>Does something that does not wait.</summary>
    public Task<T> RunAsync<T>(string key, Func<IDatabase, Task<T>> operation, CancellationToken ct) => AnswerAsync(key, () => operation(_others.GetDatabase()), ct);

    public async ValueTask DisposeAsync()
    {
        await _reads.CloseAsync(allowCommandsToComplete: false);
        await _others.CloseAsync(allowCommandsToComplete: false);
        await _reads.DisposeAsync();
        await _others.DisposeAsync();
    }

    private async Task<T> AnswerAsync<T>(string key, Func<Task<T>> operation, CancellationToken ct)
    {
        try
        {
            return await operation().WaitAsync(ct);   // without a connection it throws before there is a task
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !ct.IsCancellationRequested)   // whatever the library throws when a connection ends while something is being written to it, or about to be
        {
            throw RedisErrors.Explain(exception, _place, key, _type);
        }
    }

    private static async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions settings, TimeSpan timeout, string place)
    {
        var own = settings.Clone();
        own.AsyncTimeout = (int)timeout.TotalMilliseconds;
        try
        {
            return await ConnectionMultiplexer.ConnectAsync(own);
        }
        catch (RedisException exception)
        {
            throw RedisErrors.CannotConnect(exception, place, await RedisProbe.AskAsync(own));
        }
    }
}
