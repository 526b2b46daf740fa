namespace Faas.Contracts.Functions;

/// <summary>The limits of a function's <see cref="TriggerSpec"/>s; a part of <see cref="FunctionSpecRules"/>.</summary>
internal static class TriggerSpecRules
{
    private const int TriggersMax = 16;

    /// <summary>Tells <paramref name="require"/> (whether it holds, field, sentence) about each rule.</summary>
    public static void Check(IReadOnlyList<TriggerSpec> triggers, Action<bool, string, string> require)
    {
        require(triggers.Count <= TriggersMax, "triggers", $"has {triggers.Count}; must have at most {TriggersMax}");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, trigger) in triggers.Index())
        {
            var field = $"triggers[{index}]";
            var isOneKind = trigger.Topic is not null != trigger.Cron is not null;
            require(isOneKind, field, "must have one of 'topic' and 'cron'");
            require(trigger.Name is null || (FunctionName.IsValid(trigger.Name) && !trigger.Name.Contains('.', StringComparison.Ordinal)), $"{field}.name",
                "must be 1 to 63 of a-z, 0-9 and inner hyphens");
            require(!isOneKind || names.Add(TriggerNames.NameOf(trigger)), $"{field}.name",
                $"there are two triggers '{TriggerNames.NameOf(trigger)}'; give each a 'name' of its own");
            require(trigger.Topic is null || FunctionName.IsValid(trigger.Topic), $"{field}.topic", "must be made of the characters of function names: a-z, 0-9 and inner hyphens");
            if (trigger.Cron is { } cron)
            {
                CronSpecRules.Check(cron, $"{field}.cron", require);
            }
        }
    }
}
