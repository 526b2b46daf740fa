namespace Faas.Contracts.Functions;

/// <summary>The limits of <see cref="FunctionSpec.Triggers"/>; a part of <see cref="FunctionSpecRules"/>.</summary>
internal static class TriggerSpecRules
{
    private const int CountMax = 16;

    /// <summary>Tells <paramref name="require"/> (whether it holds, field, sentence) about each rule.</summary>
    public static void Check(IReadOnlyList<TriggerSpec> triggers, Action<bool, string, string> require)
    {
        require(triggers.Count <= CountMax, "triggers", $"has {triggers.Count} triggers; must have at most {CountMax}");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, trigger) in triggers.Index())
        {
            var field = $"triggers[{index}]";
            require(trigger.Topic is not null, field, "must say what invokes the function; write 'topic' and a topic's name");
            require(trigger.Topic is null || FunctionName.IsValid(trigger.Topic), field, "'topic' must be made of the characters of function names");
            require(trigger.Name is null || FunctionName.IsValid(trigger.Name), field, "'name' must be made of the characters of function names");

            // A trigger without a name goes by its topic's, so that one topic cannot invoke the same function twice by mistake.
            if ((trigger.Name ?? trigger.Topic) is { } name)
            {
                require(names.Add(name), field, $"there are two triggers named '{Shorten(name)}'; a trigger is named after its topic unless it has a 'name'");
            }
        }
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 77), "...");
}
