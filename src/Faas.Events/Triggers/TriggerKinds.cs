using Faas.Contracts.Functions;

namespace Faas.Events.Triggers;

/// <summary>All kinds of triggers that this platform knows.</summary>
internal sealed class TriggerKinds(IEnumerable<ITriggerKind> kinds)
{
    private readonly Dictionary<string, ITriggerKind> _kinds = kinds.ToDictionary(kind => kind.Name, StringComparer.Ordinal);

    /// <summary>The trigger's kind; null for one that a newer version has deployed.</summary>
    public ITriggerKind? Of(TriggerSpec spec) => _kinds.GetValueOrDefault(TriggerNames.KindOf(spec));

    /// <summary>Why a function's triggers cannot be used, beginning with the field; null when they can.</summary>
    public string? ProblemOf(FunctionSpec function)
    {
        foreach (var (index, trigger) in (function.Triggers ?? []).Index())
        {
            if (Of(trigger)?.ProblemOf(TriggerNames.IdOf(function.Name, trigger), trigger) is { } problem)
            {
                return $"triggers[{index}].{problem}";
            }
        }

        return null;
    }
}
