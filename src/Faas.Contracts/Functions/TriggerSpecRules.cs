namespace Faas.Contracts.Functions;

/// <summary>The limits of <see cref="FunctionSpec.Triggers"/>; a part of <see cref="FunctionSpecRules"/>.</summary>
internal static class TriggerSpecRules
{
    private const int CountMax = 16;

    /// <summary>A batch's answer says which of its events failed; it must be there when it is read.</summary>
    private static readonly TimeSpan KeepBatchAnswer = TimeSpan.FromMinutes(1);

    /// <summary>Tells <paramref name="require"/> (whether it holds, field, sentence) about each rule.</summary>
    public static void Check(IReadOnlyList<TriggerSpec> triggers, AsyncSpec policy, Action<bool, string, string> require)
    {
        require(triggers.Count <= CountMax, "triggers", $"has {triggers.Count} triggers; must have at most {CountMax}");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, trigger) in triggers.Index())
        {
            var field = $"triggers[{index}]";
            var kinds = TriggerNames.KindsOf(trigger).ToList();
            require(kinds.Count > 0, field, "must say what invokes the function: 'cron' and a schedule, 'topic' and a topic's name, or one of redisStream, redisList, rabbitmq, mqtt, kafka, webhook with its settings");
            require(kinds.Count <= 1, field, $"has {string.Join(" and ", kinds.Select(kind => $"'{kind}'"))}; write one trigger for each");
            require(trigger.Topic is null || FunctionName.IsValid(trigger.Topic), field, "'topic' must be made of the characters of function names");
            if (trigger.Cron is { } cron)
            {
                CronSpecRules.Check(cron, $"{field}.cron", require);
            }

            BrokerSpecRules.Check(trigger, field, require);
            require(trigger.RedisStream is not { BatchSize: > 1 } || policy.KeepResult >= KeepBatchAnswer, $"{field}.redisStream.batchSize",
                $"'batchSize' above 1 needs an 'async.keepResult' of {KeepBatchAnswer} or more, because the answer to a batch says which of its events failed");

            // No dot: it tells a trigger's name from its function's where both are one text.
            require(trigger.Name is null || (FunctionName.IsValid(trigger.Name) && !trigger.Name.Contains('.', StringComparison.Ordinal)), field,
                "'name' must be made of a-z, 0-9 and inner hyphens, 1 to 63 of them");

            // A trigger on a topic goes by its name unless it has one of its own, so that one topic cannot invoke the same function twice by mistake.
            if (TriggerNames.NameOf(trigger) is { Length: > 0 } name)
            {
                require(names.Add(name), field, $"there are two triggers named '{Shorten(name)}'; a trigger is named after its topic, or its kind, unless it has a 'name'");
            }
        }
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 77), "...");
}
