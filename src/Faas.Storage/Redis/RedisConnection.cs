using StackExchange.Redis;

namespace Faas.Storage.Redis;

/// <summary>
/// The connection that all operations share. While there is none they fail at once, and what waits for an answer fails with it or at its timeout: nothing is
/// kept to be sent later, because its caller would not know when, or whether.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    private readonly ConnectionMultiplexer _multiplexer;
    private readonly IDatabase _database;
    private readonly RedisScriptLoader _scripts;
    private readonly RedisKey[] _prefix;
    private readonly TimeSpan _timeout;
    private readonly string _servers;
    private volatile bool _isDisposed;

    private RedisConnection(ConnectionMultiplexer multiplexer, RedisQueueOptions options, string servers)
    {
        _multiplexer = multiplexer;
        _database = multiplexer.GetDatabase();
        _scripts = new RedisScriptLoader(multiplexer, options.Prefix, TimeProvider.System);
        _prefix = [options.Prefix];
        _timeout = options.Timeout;
        _servers = servers;
        Prefix = options.Prefix;
    }

    /// <summary>What all keys begin with.</summary>
    public string Prefix { get; }

    /// <summary>Connects. It takes no longer than the timeout, hence nothing cancels it in between.</summary>
    public static async Task<RedisConnection> OpenAsync(RedisQueueOptions options, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var settings = Settings(options);
        var servers = string.Join(", ", settings.EndPoints.Select(endpoint => Format(endpoint)));
        try
        {
            return new RedisConnection(await ConnectionMultiplexer.ConnectAsync(settings), options, servers);
        }
        catch (RedisException exception)
        {
            throw RedisErrors.CannotConnect(exception, servers);
        }
    }

    /// <summary>Runs a script, wholly or not at all.</summary>
    /// <exception cref="StoreException">Redis is not reachable, or refuses.</exception>
    public async Task<RedisResult> RunAsync(RedisScript script, RedisValue[] arguments, CancellationToken ct)
    {
        try
        {
            return await RunAsync(database => database.ScriptEvaluateAsync(script.Hash, _prefix, arguments), ct);
        }
        catch (StoreException exception) when (RedisErrors.LacksScripts(exception))
        {
            await LoadScriptsAsync(_timeout, ct);
            return await RunAsync(database => database.ScriptEvaluateAsync(script.Hash, _prefix, arguments), ct);
        }
    }

    /// <summary>Reads.</summary>
    /// <exception cref="StoreException">Redis is not reachable, or refuses.</exception>
    public async Task<T> RunAsync<T>(Func<IDatabase, Task<T>> operation, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        try
        {
            return await operation(_database).WaitAsync(ct);
        }
        catch (Exception exception) when (Explain(exception, ct) is { } explained)
        {
            throw explained;
        }
    }

    /// <summary>Loads the scripts, however long that takes, and says in sentences what makes the servers lose what they acknowledged.</summary>
    public async Task<IReadOnlyList<string>> PrepareAsync(CancellationToken ct)
    {
        await LoadScriptsAsync(Timeout.InfiniteTimeSpan, ct);
        var warnings = new List<string>(_scripts.Warnings);
        foreach (var server in _multiplexer.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
        {
            warnings.AddRange(await RunAsync(_ => RedisDurability.CheckAsync(server), ct));
        }

        return [.. warnings.Distinct()];
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _isDisposed = true;   // what fails from now on is its caller's mistake, and not Redis's
        return _multiplexer.DisposeAsync();
    }

    private async Task LoadScriptsAsync(TimeSpan timeout, CancellationToken ct)
    {
        try
        {
            await _scripts.LoadAsync().WaitAsync(timeout, ct);
        }
        catch (Exception exception) when (Explain(exception, ct) is { } explained)
        {
            throw explained;
        }
    }

    private StoreException? Explain(Exception exception, CancellationToken ct) =>
        ct.IsCancellationRequested || _isDisposed ? null : RedisErrors.Explain(exception, _servers);

    private static ConfigurationOptions Settings(RedisQueueOptions options)
    {
        var settings = Parse(options.Servers);
        if (options.Prefix.IndexOf('{') is var open && (open < 0 || options.Prefix.IndexOf('}', open) <= open + 1))
        {
            throw new StoreException(StoreFailure.CannotOpen, $"The prefix of Redis's keys, '{options.Prefix}', needs a part in braces, as in {{faas}}:, which keeps them together.");
        }

        var timeoutMs = (int)options.Timeout.TotalMilliseconds;
        settings.AbortOnConnectFail = true;   // of the first connection only, so that a wrong address is an error at the start; later it reconnects for ever
        settings.ConnectRetry = 1;
        settings.ConnectTimeout = timeoutMs;
        settings.AsyncTimeout = timeoutMs;
        settings.SyncTimeout = timeoutMs;
        settings.KeepAlive = 5;   // seconds; a connection that died without a word is noticed by it
        settings.BacklogPolicy = BacklogPolicy.FailFast;
        settings.ReconnectRetryPolicy = new LinearRetry(500);
        settings.TieBreaker = "";           // we have no key outside of the prefix
        settings.ConfigurationChannel = "";
        settings.ClientName ??= "faas-queue";
        return settings;
    }

    private static ConfigurationOptions Parse(string servers)
    {
        var problem = "it names no server";
        try
        {
            if (ConfigurationOptions.Parse(servers) is { EndPoints.Count: > 0 } settings)
            {
                return settings;
            }
        }
        catch (ArgumentException exception)
        {
            problem = exception.Message;   // a password is taken as it is and is in no message
        }

        throw new StoreException(StoreFailure.CannotOpen, $"The address of Redis cannot be used: {problem}. It is like redis-1:6379,user=faas,password=secret,ssl=true.");
    }

    private static string Format(System.Net.EndPoint endpoint) => endpoint switch
    {
        System.Net.DnsEndPoint dns => $"{dns.Host}:{dns.Port}",
        _ => endpoint.ToString() ?? "",
    };
}
