namespace Faas.LoadTests.Scaling;

/// <summary>One function of a run of the mix.</summary>
/// <param name="Function">It.</param>
/// <param name="Answered">Requests that succeeded.</param>
/// <param name="Failed">Requests that did not.</param>
/// <param name="P50Ms">Of those that succeeded; null when there is none.</param>
/// <param name="P99Ms">Of those that succeeded; null when there is none.</param>
internal sealed record MixedRow(MixedFunction Function, long Answered, int Failed, double? P50Ms, double? P99Ms);
