using Faas.Contracts.Api;
using Faas.Contracts.Functions;

namespace Faas.Controller.Budgets;

/// <summary>What spent budgets hold back. Immutable; replaced whole. It knows of no function but those that have a budget of their own, so that one that is deployed into a held namespace is held at once.</summary>
internal sealed class BudgetHolds
{
    private readonly Dictionary<string, BudgetHold> _functions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BudgetHold> _namespaces = new(StringComparer.Ordinal);

    public BudgetHolds(IEnumerable<(BudgetKey Key, BudgetHold Hold)> holds)
    {
        foreach (var (key, hold) in holds)
        {
            var scopes = key.Function is not null ? _functions : _namespaces;
            var scope = key.Function ?? key.Namespace!;   // it has one of them
            scopes[scope] = BudgetHold.Stricter(scopes.GetValueOrDefault(scope), hold)!;   // one of them is none
        }
    }

    /// <summary>Nothing.</summary>
    public static BudgetHolds None { get; } = new([]);

    /// <summary>What is left of a function; null when nothing holds it back.</summary>
    public BudgetHold? Of(string function) => _functions.Count == 0 && _namespaces.Count == 0
        ? null
        : BudgetHold.Stricter(_functions.GetValueOrDefault(function), _namespaces.GetValueOrDefault(FunctionName.NamespaceOf(function)));

    /// <summary>Whether both hold back the same in the same way.</summary>
    public bool IsSame(BudgetHolds other) => AreSame(_functions, other._functions) && AreSame(_namespaces, other._namespaces);

    private static bool AreSame(Dictionary<string, BudgetHold> some, Dictionary<string, BudgetHold> others) =>
        some.Count == others.Count && some.All(one => others.TryGetValue(one.Key, out var other) && other == one.Value);
}
