using StackExchange.Redis;

namespace Faas.Storage.Redis;

/// <summary>Looks whether a Redis keeps what it acknowledges. It may be meant so, hence it says what is lost and when, and refuses nothing.</summary>
internal static class RedisDurability
{
    private static readonly string[] Settings = ["appendonly", "appendfsync", "maxmemory-policy"];

    public static async Task<IReadOnlyList<string>> CheckAsync(IServer server)
    {
        var found = new Dictionary<string, string?>();
        try
        {
            foreach (var setting in Settings)
            {
                // As text: StackExchange.Redis guards its own method for CONFIG by a permission that also opens FLUSHALL.
                var reply = await server.ExecuteAsync("CONFIG", "GET", setting);
                found[setting] = reply.Length == 2 ? (string?)reply[1] : null;
            }
        }
        catch (RedisServerException exception)
        {
            return
            [
                $"Redis does not tell its settings ({exception.Message.TrimEnd('.')}), so it cannot be checked that it keeps what it acknowledges: "
                + "appendonly must be yes, appendfsync always, and maxmemory-policy noeviction.",
            ];
        }

        return [.. Judge(found["appendonly"], found["appendfsync"], found["maxmemory-policy"])];
    }

    private static IEnumerable<string> Judge(string? appendOnly, string? fsync, string? eviction)
    {
        if (appendOnly != "yes")
        {
            yield return "appendonly is off: what was accepted is lost when Redis ends; set it to yes.";
        }
        else if (fsync == "everysec")
        {
            yield return "appendfsync is everysec: up to a second of accepted events and of usage can be lost in a power cut; set it to always.";
        }
        else if (fsync != "always")
        {
            yield return $"appendfsync is {fsync ?? "unknown"}: what was accepted in the last half minute or so can be lost in a power cut; set it to always.";
        }

        if (eviction != "noeviction")
        {
            yield return $"maxmemory-policy is {eviction ?? "unknown"}: Redis may throw accepted events away when its memory is full; it must be noeviction.";
        }
    }
}
