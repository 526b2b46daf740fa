using System.Net.Sockets;
using StackExchange.Redis;

namespace Faas.Storage.Redis;

/// <summary>Turns Redis's errors that need a person, or patience, into ones that say what to do.</summary>
internal static class RedisErrors
{
    private const string Unknown = "What was being done may or may not have happened, and may be repeated.";

    private const string NoScript = "NOSCRIPT";
    private const string Loading = "LOADING";

    /// <summary>Whether Redis does not have the script, so that nothing happened.</summary>
    public static bool LacksScripts(StoreException exception) =>
        exception.InnerException is RedisServerException { Message: var message } && message.StartsWith(NoScript, StringComparison.Ordinal);

    /// <summary>Whether Redis is there, and only has to read its files before it answers.</summary>
    public static bool IsLoading(StoreException exception) =>
        exception.InnerException is RedisServerException { Message: var message } && message.StartsWith(Loading, StringComparison.Ordinal);

    /// <summary>The error to be thrown instead; null for what only the authors can explain.</summary>
    /// <param name="exception">What StackExchange.Redis threw.</param>
    /// <param name="servers">The servers, without secrets.</param>
    public static StoreException? Explain(Exception exception, string servers) => exception switch
    {
        RedisTimeoutException => new StoreException(
            StoreFailure.Unreachable, $"Redis at {servers} is not reachable: it does not answer. See whether it hangs, or its disk or the network does. {Unknown}", exception),
        TimeoutException => new StoreException(
            StoreFailure.Unreachable, $"Redis at {servers} was started, and rewrites its append-only file before it is used. Wait until it has; nothing happened.", exception),
        // The others are what StackExchange.Redis lets through when a connection ends while something is being written to it, or about to be.
        RedisConnectionException or OperationCanceledException or InvalidOperationException or IOException or SocketException => new StoreException(
            StoreFailure.Unreachable,
            $"Redis at {servers} is not reachable ({Reason(exception)}). Start it, or see why there is no way to it; the connection is "
            + $"made again by itself. {Unknown}",
            exception),
        RedisServerException refused => Explain(refused, servers),
        _ => null,
    };

    /// <summary>Why there is no connection at the start.</summary>
    public static StoreException CannotConnect(Exception exception, string servers) => new(
        StoreFailure.Unreachable,
        $"Redis at {servers} is not reachable ({Reason(exception)}). Start it, or correct its address, user and password.",
        exception);

    private static StoreException? Explain(RedisServerException exception, string servers)
    {
        var (failure, advice) = CodeOf(exception.Message) switch
        {
            NoScript => (StoreFailure.Unreachable, "It was started a moment ago; nothing happened."),
            Loading => (StoreFailure.Unreachable, "Wait until it has read its files."),
            "BUSY" => (StoreFailure.Unreachable, "A script of somebody runs for seconds; wait for it, or end it with SCRIPT KILL."),
            "CLUSTERDOWN" or "MASTERDOWN" or "TRYAGAIN" => (StoreFailure.Unreachable, "Wait until it is whole again, or repair it."),
            "OOM" => (StoreFailure.Refused, "Raise its maxmemory, or purge dead letters and forget results sooner."),
            "MISCONF" => (StoreFailure.Refused, "Its disk is full or broken; repair that."),
            "READONLY" => (StoreFailure.Refused, "It is a replica; give the primary's address."),
            "NOAUTH" or "WRONGPASS" or "NOPERM" => (StoreFailure.Refused, "Correct its user and password, and allow it scripts and all commands on keys below the prefix."),
            _ => (default, null),
        };
        return advice is null ? null : new StoreException(failure, $"Redis at {servers} refuses: {exception.Message} {advice}", exception);
    }

    /// <summary>The beginning of the innermost message; what follows in it are counters and advice for those who write clients. The inner exception has all of it.</summary>
    private static string Reason(Exception exception)
    {
        var message = exception.GetBaseException().Message;
        var end = Math.Min(EndAt(". "), EndAt(", "));
        return message[..end].TrimEnd('.');

        int EndAt(string mark) => message.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? at : message.Length;
    }

    private static string CodeOf(string message) => message.IndexOf(' ') is > 0 and var end ? message[..end] : message;
}
