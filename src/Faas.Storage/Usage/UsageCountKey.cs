using Faas.Contracts.Invocations;

namespace Faas.Storage;

/// <summary>Which invocations a sum of <see cref="UsageCounters"/> is of.</summary>
/// <param name="Function">The function's name.</param>
/// <param name="Outcome">How they ended; null for those from before the ledger had sums by outcome, of which only totals are left.</param>
public readonly record struct UsageCountKey(string Function, InvocationError? Outcome);
