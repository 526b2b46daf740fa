using Faas.Events.Brokers;
using Microsoft.Extensions.Logging;

namespace Faas.Events.RedisLists;

/// <summary>A list of items whose invocations failed for good. An item has no room for the reason, which the trigger's status and the log have.</summary>
/// <param name="items">The items that were taken.</param>
/// <param name="key">The list's key.</param>
/// <param name="trigger">The trigger's id.</param>
/// <param name="logger">The log.</param>
internal sealed partial class DeadLetterList(TakenItems items, string key, string trigger, ILogger logger) : IDeadLetterPlace
{
    public async Task PutAsync(BrokerMessage message, string? invocation, string reason, CancellationToken ct)
    {
        await items.BuryAsync(message.Identity ?? "", key, ct);
        Log.Buried(logger, message.Identity ?? "", trigger, key, invocation ?? "no invocation", reason);
    }

    private static partial class Log
    {
        [LoggerMessage(4050, LogLevel.Warning, "Item {Item} of trigger {Trigger} is in list {List} ({Invocation}): {Reason}")]
        public static partial void Buried(ILogger logger, string item, string trigger, string list, string invocation, string reason);
    }
}
