using System.Diagnostics.CodeAnalysis;
using Faas.Contracts.Functions;

namespace Faas.Contracts.Api;

/// <summary>Which budget is meant: whose, and of which period. Exactly one of <see cref="Function"/> and <see cref="Namespace"/> is not null.</summary>
public sealed record BudgetKey
{
    private const string FunctionPrefix = "function:";
    private const string NamespacePrefix = "namespace:";

    private BudgetKey(string? function, string? @namespace, BudgetPeriod period) => (Function, Namespace, Period) = (function, @namespace, period);

    /// <summary>The function that it is for; it need not be deployed.</summary>
    public string? Function { get; }

    /// <summary>The namespace whose functions share it; empty for those without a namespace.</summary>
    public string? Namespace { get; }

    /// <summary>How long it has to last.</summary>
    public BudgetPeriod Period { get; }

    /// <summary>The budget's id: <c>function:NAME:day</c>, <c>function:NAME:month</c>, <c>namespace:NAME:day</c> or <c>namespace:NAME:month</c>.</summary>
    public string Id => (Function is null ? NamespacePrefix + Namespace : FunctionPrefix + Function) + (Period == BudgetPeriod.Day ? ":day" : ":month");

    /// <summary>Whose it is, in words.</summary>
    public string Scope => Function is not null ? $"function '{Function}'" : Namespace!.Length > 0 ? $"namespace '{Namespace}'" : "functions without a namespace";   // one of them is set

    /// <summary>The budget of a function.</summary>
    public static BudgetKey OfFunction(string name, BudgetPeriod period) => new(name, null, period);

    /// <summary>The budget of a namespace.</summary>
    public static BudgetKey OfNamespace(string name, BudgetPeriod period) => new(null, name, period);

    /// <summary>Whether it is for <paramref name="function"/> (among others).</summary>
    public bool Covers(string function) => Function is not null ? Function == function : FunctionName.NamespaceOf(function) == Namespace;

    /// <summary>Reads an id. False when it is none.</summary>
    public static bool TryParse(string id, [NotNullWhen(true)] out BudgetKey? key)
    {
        key = null;
        var colon = id.LastIndexOf(':');
        BudgetPeriod? period = colon < 0 ? null : id[(colon + 1)..] switch { "day" => BudgetPeriod.Day, "month" => BudgetPeriod.Month, _ => null };
        if (period is not { } found)
        {
            return false;
        }

        var scope = id[..colon];
        if (scope.StartsWith(FunctionPrefix, StringComparison.Ordinal) && FunctionName.IsValid(scope.AsSpan(FunctionPrefix.Length)))
        {
            key = OfFunction(scope[FunctionPrefix.Length..], found);
        }
        else if (scope.StartsWith(NamespacePrefix, StringComparison.Ordinal) && IsNamespace(scope[NamespacePrefix.Length..]))
        {
            key = OfNamespace(scope[NamespacePrefix.Length..], found);
        }

        return key is not null;
    }

    /// <summary>Whether <paramref name="name"/> may be a namespace: empty, or what may follow the dot in a function's name.</summary>
    public static bool IsNamespace(string name) => name.Length == 0 || (FunctionName.IsValid(name) && !name.Contains('.', StringComparison.Ordinal));
}

/// <summary>How long a budget has to last. Days and months are those of UTC.</summary>
public enum BudgetPeriod
{
    /// <summary>A day.</summary>
    Day,

    /// <summary>A calendar month.</summary>
    Month,
}
