using System.Globalization;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Storage;

namespace Faas.Controller.Budgets;

/// <summary>A budget, and what has come of it. Immutable; its decisions are pure.</summary>
/// <param name="Key">Whose it is.</param>
/// <param name="Spec">What its user wrote.</param>
/// <param name="Progress">What was told.</param>
internal sealed record Budget(BudgetKey Key, BudgetSpec Spec, BudgetProgress Progress)
{
    /// <summary>When the running period began.</summary>
    public DateTimeOffset Start => Progress.PeriodStart;

    /// <summary>When the running period ends.</summary>
    public DateTimeOffset End => BudgetTimes.EndOf(Key.Period, Start);

    /// <summary>What it does when so much is spent.</summary>
    public BudgetState StateAt(long spentPico) =>
        !Reaches(spentPico, 100) ? BudgetState.Within
        : Spec.Action switch
        {
            BudgetAction.Stop => BudgetState.Stopped,
            BudgetAction.Throttle => BudgetState.Throttled,
            _ => BudgetState.Exceeded,
        };

    /// <summary>What it leaves its functions when so much is spent; null when it leaves them alone.</summary>
    public BudgetHold? HoldAt(long spentPico) => StateAt(spentPico) switch
    {
        BudgetState.Stopped => new BudgetHold(0, End, Detail($"it is stopped until {Text(End)}")),
        BudgetState.Throttled => new BudgetHold(Spec.RatePerSecond, End, string.Create(CultureInfo.InvariantCulture, $"{Detail($"it is throttled to {Spec.RatePerSecond} a second until {Text(End)}")}")),
        _ => null,
    };

    /// <summary>Thresholds that are reached and not told, the lowest first. That a budget stops or throttles is told even if 100 % is none of its thresholds.</summary>
    public IReadOnlyList<int> DueAt(long spentPico)
    {
        IEnumerable<int> thresholds = Spec.Action == BudgetAction.Warn ? Spec.Thresholds : Spec.Thresholds.Append(100);
        return [.. thresholds.Where(percent => percent > Progress.ToldPercent && Reaches(spentPico, percent)).Distinct().Order()];
    }

    /// <summary>The budget with another spec. What was told counts for as much of the new amount as is spent, so that the same threshold of a raised budget is told when it is reached again.</summary>
    public Budget With(BudgetSpec spec, long spentPico, DateTimeOffset now)
    {
        var changed = this with { Spec = spec };
        var reached = (int)Math.Min(BudgetSpec.PercentMax, decimal.Floor(PicoMoney.ToAmount(spentPico) * 100 / spec.Amount));
        var isLifted = HoldAt(spentPico) is not null && changed.HoldAt(spentPico) is null;
        return changed with { Progress = Progress with { ToldPercent = Math.Min(Progress.ToldPercent, reached), LiftedAt = isLifted ? now : Progress.LiftedAt } };
    }

    public StoredBudget ToStored() => new(Key.Id, JsonSerializer.Serialize(Spec, FaasJson.Default.BudgetSpec), StateText);

    public string StateText => JsonSerializer.Serialize(Progress, BudgetJson.Default.BudgetProgress);

    /// <exception cref="InvalidDataException">It is not one of ours.</exception>
    public static Budget Parse(StoredBudget stored) =>
        BudgetKey.TryParse(stored.Id, out var key) && JsonSerializer.Deserialize(stored.Spec, FaasJson.Default.BudgetSpec) is { } spec
            && JsonSerializer.Deserialize(stored.State, BudgetJson.Default.BudgetProgress) is { } progress
            ? new Budget(key, spec, progress)
            : throw new InvalidDataException($"the budget '{stored.Id}' in the store cannot be read");

    private bool Reaches(long spentPico, int percent) => PicoMoney.ToAmount(spentPico) * 100 >= Spec.Amount * percent;

    private string Detail(string what) => string.Create(
        CultureInfo.InvariantCulture, $"the budget of {Key.Scope}, {Spec.Amount:0.############} for a {Key.Period.ToString().ToLowerInvariant()}, is spent; {what}, or until the budget is raised with `faas budget set`");

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC";
}
