using Faas.Events.Brokers;
using StackExchange.Redis;

namespace Faas.Events.Redis;

/// <summary>Puts Redis's errors into words for a trigger's user.</summary>
internal static class RedisErrors
{
    /// <summary>Why there is no connection at the start.</summary>
    /// <param name="exception">What StackExchange.Redis threw.</param>
    /// <param name="place">The server, without secrets.</param>
    /// <param name="finding">What <see cref="RedisProbe"/> has found; null for nothing.</param>
    public static BrokerException CannotConnect(Exception exception, string place, string? finding)
    {
        var words = finding ?? Reason(exception);
        return AdviceFor(words) is { } advice ? Refused(words, advice, place, exception) : new BrokerException($"cannot connect to Redis at {place}: {words}", exception);
    }

    /// <summary>Why a command has failed.</summary>
    /// <param name="exception">What StackExchange.Redis threw.</param>
    /// <param name="place">The server, without secrets.</param>
    /// <param name="key">The key that it was about.</param>
    /// <param name="type">What the key should be: <c>stream</c>, <c>list</c>.</param>
    public static BrokerException Explain(Exception exception, string place, string key, string type) => exception switch
    {
        RedisServerException { Message: var words } when CodeOf(words) == "WRONGTYPE" => new BrokerException($"'{key}' in Redis at {place} is not a {type}; name another key, or remove it", exception),
        RedisServerException { Message: var words } => Refused(words, AdviceFor(words) ?? "it is tried again", place, exception),
        RedisCommandException { Message: var words } => new BrokerException($"Redis at {place} cannot do that: {words}", exception),
        TimeoutException => new BrokerException($"Redis at {place} does not answer; see whether it hangs, or its disk or the network does", exception),
        _ => new BrokerException($"the connection to Redis at {place} is lost ({Reason(exception)}); it is made again", exception),
    };

    /// <summary>Whether Redis said that there is no such stream or group, or not any more.</summary>
    public static bool LacksGroup(BrokerException exception) => exception.InnerException is RedisServerException { Message: var words } && CodeOf(words) is "NOGROUP" or "UNBLOCKED";

    /// <summary>Whether Redis said that there is such a group already.</summary>
    public static bool HasGroup(BrokerException exception) => exception.InnerException is RedisServerException { Message: var words } && CodeOf(words) == "BUSYGROUP";

    private static BrokerException Refused(string words, string advice, string place, Exception exception) => new($"Redis at {place} refuses: {words.TrimEnd('.')}; {advice}", exception);

    private static string? AdviceFor(string words) => CodeOf(words) switch
    {
        "NOAUTH" => "give its password in the trigger's url: redis://user:${PASSWORD}@host",
        "WRONGPASS" => "correct user and password in the trigger's url",
        "NOPERM" => "allow the user the trigger's keys, and the commands of connections, scripts, streams, lists and hashes (ACL SETUSER)",
        "DENIED" => "it is in protected mode; give it a password, or let it listen to this machine only",
        "LOADING" => "wait until it has read its files",
        "BUSY" => "a script of somebody runs for seconds; wait for it, or end it with SCRIPT KILL",
        "OOM" => "raise its maxmemory, or remove something",
        "MISCONF" => "its disk is full or broken; repair that",
        "READONLY" => "it is a replica; give the primary's address",
        "CROSSSLOT" => "in a cluster the list and its deadLetter must be together; give both names the same part in braces, like {jobs} and {jobs}:dead",
        "CLUSTERDOWN" or "MASTERDOWN" or "TRYAGAIN" => "wait until it is whole again, or repair it",
        "ERR" when words.Contains("unknown command", StringComparison.Ordinal) => "Redis 6.2 or later is needed",
        _ => null,
    };

    /// <summary>What the server said last, or the beginning of the innermost message; what follows in that are counters and advice for those who write clients.</summary>
    private static string Reason(Exception exception)
    {
        var message = exception.GetBaseException().Message;
        message = message.StartsWith("Error: ", StringComparison.Ordinal) ? message["Error: ".Length..] : message;
        var end = Math.Min(EndAt(". "), EndAt(", "));
        return message[..end].TrimEnd('.');

        int EndAt(string mark) => message.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? at : message.Length;
    }

    private static string CodeOf(string message) => message.IndexOf(' ') is > 0 and var end ? message[..end] : message;
}
