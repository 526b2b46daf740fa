using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Storage;

/// <summary>What one revision's invocations of one outcome and of one price used in one period.</summary>
/// <param name="Start">When the period begins.</param>
/// <param name="Function">The function's name.</param>
/// <param name="Revision">The revision that served.</param>
/// <param name="Outcome">How the invocations ended.</param>
/// <param name="Price">The version of the prices that they cost; 0 from before there were versions.</param>
/// <param name="Totals">What they add up to.</param>
public sealed record UsagePeriodSum(DateTimeOffset Start, string Function, string Revision, InvocationError Outcome, int Price, UsageTotals Totals);
