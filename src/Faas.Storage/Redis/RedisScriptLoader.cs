using StackExchange.Redis;

namespace Faas.Storage.Redis;

/// <summary>
/// Gives Redis our scripts. It forgets them when it ends, so one that has none was started, maybe after a crash; then its append-only file is rewritten before.
/// </summary>
/// <remarks>
/// A crash, or a full disk, can cut the file off inside of a transaction, which is what a script is in it. Redis (7.0 and later) then removes the command that is
/// cut off and not the transaction; it has none of it in memory, but adds what comes next behind the rest, and at its next start takes both for one transaction:
/// a part of a script happens after all. A rewritten file begins with what is in memory. As nothing of ours can be written without scripts, nothing gets behind such a rest.
/// Should Redis end while it rewrites, its next start may fail ("the truncated file is not the last file"), but cuts the rest off, so that the one after works.
/// </remarks>
internal sealed class RedisScriptLoader(IConnectionMultiplexer multiplexer, RedisKey prefix, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // Loaded last; while Redis has it, it was not started since the file was rewritten. Other versions have other scripts, but the same mark.
    private static readonly RedisScript Mark = RedisScripts.Create("return 'the append-only file is whole'");

    private readonly Lock _lock = new();
    private Task? _loading;

    /// <summary>Why the file could not be rewritten, in sentences; empty when it was, or did not have to be.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Loads them; who comes while it runs waits for the same. It takes as long as the rewriting of the file: a second or so for a million entries.</summary>
    public Task LoadAsync()
    {
        lock (_lock)
        {
            return _loading is null or { IsCompleted: true } ? _loading = Task.Run(LoadAllAsync) : _loading;
        }
    }

    private async Task LoadAllAsync()
    {
        var endpoint = await multiplexer.GetDatabase().IdentifyEndpointAsync(prefix)
            ?? throw new RedisConnectionException(ConnectionFailureType.UnableToResolvePhysicalConnection, "no server has the keys");
        var server = multiplexer.GetServer(endpoint);
        string run;
        do
        {
            run = Field(await TellAsync(server, "server"), "run_id");
            if (!(bool)(await server.ExecuteAsync("SCRIPT", "EXISTS", Convert.ToHexStringLower(Mark.Hash)))[0])
            {
                Warnings = await RewriteAsync(server);
            }

            foreach (var script in RedisScripts.All)
            {
                await server.ExecuteAsync("SCRIPT", "LOAD", script.Text);
            }

            await server.ExecuteAsync("SCRIPT", "LOAD", Mark.Text);
        }
        while (run != Field(await TellAsync(server, "server"), "run_id"));   // it was started again meanwhile
    }

    private async Task<IReadOnlyList<string>> RewriteAsync(IServer server)
    {
        try
        {
            if (Field(await TellAsync(server, "persistence"), "aof_enabled") == "0")
            {
                return [];
            }

            await server.ExecuteAsync("BGREWRITEAOF");
        }
        catch (RedisServerException exception) when (exception.Message.Contains("already in progress", StringComparison.Ordinal))
        {
            // It began after the start, so it will do.
        }
        catch (RedisServerException exception)
        {
            return [Warning(exception.Message)];
        }

        string persistence;
        do
        {
            await Task.Delay(Pause, time);
            persistence = await TellAsync(server, "persistence");
        }
        while (Field(persistence, "aof_rewrite_in_progress") != "0" || Field(persistence, "aof_rewrite_scheduled") != "0");
        return Field(persistence, "aof_last_bgrewrite_status") == "ok" ? [] : [Warning("it failed, see its log")];
    }

    private static async Task<string> TellAsync(IServer server, string section) => (string?)await server.ExecuteAsync("INFO", section) ?? "";

    private static string Field(string section, string name)
    {
        foreach (var line in section.Split("\r\n"))
        {
            if (line.StartsWith(name, StringComparison.Ordinal) && line[name.Length] == ':')
            {
                return line[(name.Length + 1)..];
            }
        }

        return "";
    }

    private static string Warning(string why) =>
        $"Redis could not rewrite its append-only file after its start ({why.TrimEnd('.')}): should a crash have cut it off, a part of a change may happen at the start after "
        + "the next. Allow BGREWRITEAOF, or run redis-check-aof --fix before each start.";
}
