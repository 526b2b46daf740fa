using System.Globalization;
using Faas.Contracts.Api;
using Faas.Controller.Metering;
using Faas.Controller.Metering.Costs;
using Faas.Controller.Metering.Idle;
using Faas.Storage;

namespace Faas.Controller.Api;

/// <summary>What invocations cost: <c>/v1/usage</c>, <c>/v1/bill</c>, <c>/v1/forecast</c>, <c>/v1/prices</c>.</summary>
internal static class CostEndpoints
{
    /// <summary>Rows of one answer: ten thousand functions for a month of days are more.</summary>
    private const int RowsMax = 100_000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var costs = routes.MapGroup("/v1").WithTags("costs");
        costs.MapGet("/usage", UsageAsync).WithSummary("Usage and costs of a time, told apart by function, namespace, revision, outcome, price, day, hour or minute").Produces<UsageReport>().Produces<ApiProblem>(400);
        costs.MapGet("/usage/clouds", CompareAsync).WithSummary("What the same would have cost in other clouds").Produces<CloudComparison>().Produces<ApiProblem>(400);
        costs.MapGet("/bill", BillAsync).WithSummary("What a month comes to, less the free tier").Produces<Bill>().Produces<ApiProblem>(400);
        costs.MapGet("/forecast", ForecastAsync).WithSummary("Where the running month is going").Produces<CostForecast>();
        costs.MapGet("/prices", ListPrices).WithSummary("Prices that were ever in force").Produces<PriceDescription[]>();
    }

    private static async Task<IResult> UsageAsync(
        IUsageLedger ledger, PriceBook prices, UsageOptions options, TimeProvider time, CancellationToken ct,
        DateTimeOffset? from = null, DateTimeOffset? to = null, string by = "function", string? function = null, string? @namespace = null)
    {
        if (!TryParseKeys(by, out var keys, out var unknown))
        {
            return Bad($"'{unknown}' is nothing that usage is told apart by; use {string.Join(", ", Enum.GetNames<UsageKey>()).ToLowerInvariant()}, joined by commas");
        }

        var scope = ScopeOf(from, to, function, @namespace, time.GetUtcNow());
        var period = UsageReports.PeriodOf(scope, keys);
        var kept = period == UsagePeriod.Day ? TimeSpan.MaxValue : period == UsagePeriod.Hour ? options.Retention : options.MinuteRetention;
        if (ProblemOf(scope) is { } problem)
        {
            return problem;
        }

        if (kept < TimeSpan.MaxValue && scope.From < time.GetUtcNow() - kept)
        {
            return Bad($"sums by {period.ToString().ToLowerInvariant()} are kept for {Math.Floor(kept.TotalDays)} days; ask for a later time, or for whole days (UTC) by day");
        }

        var report = UsageReports.Of(scope, keys, await ledger.SumsAsync(period, scope.From, scope.To, ct), prices.Current.Terms.Currency);
        return report.Rows.Count > RowsMax
            ? Bad($"that are {report.Rows.Count} rows, and {RowsMax} at most are told; ask for a shorter time, or tell less apart")
            : Results.Json(report, FaasJson.Default.UsageReport);
    }

    private static async Task<IResult> CompareAsync(
        IUsageLedger ledger, PriceBook prices, UsageOptions options, TimeProvider time, CancellationToken ct,
        DateTimeOffset? from = null, DateTimeOffset? to = null, string? function = null, string? @namespace = null)
    {
        var scope = ScopeOf(from, to, function, @namespace, time.GetUtcNow());
        if (ProblemOf(scope) is { } problem)
        {
            return problem;
        }

        if (scope.From < time.GetUtcNow() - options.Retention)
        {
            return Bad($"clouds round each invocation, and records of invocations are kept for {Math.Floor(options.Retention.TotalDays)} days; ask for a later time");
        }

        return await CloudComparisons.OfAsync(ledger, scope, prices.Current.Terms.Currency, ct) is { } comparison
            ? Results.Json(comparison, FaasJson.Default.CloudComparison)
            : Bad($"that are more than {CloudComparisons.RecordsMax} invocations; ask for a shorter time");
    }

    private static async Task<IResult> BillAsync(IUsageLedger ledger, PriceBook prices, IdleMemory idle, TimeProvider time, CancellationToken ct, string? month = null)
    {
        var now = time.GetUtcNow();
        var first = new DateOnly(now.Year, now.Month, 1);
        if (month is not null && !DateOnly.TryParseExact(month, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out first))
        {
            return Bad($"'{(month.Length <= 20 ? month : month[..20])}' is no month; one is written as 2026-11");
        }

        var days = await ledger.SumsAsync(UsagePeriod.Day, Bills.StartOf(first), Bills.StartOf(first.AddMonths(1)), ct);
        return Results.Json(await idle.AddToAsync(Bills.Of(first, days, prices.All, now), days, ct), FaasJson.Default.Bill);
    }

    private static async Task<IResult> ForecastAsync(IUsageLedger ledger, PriceBook prices, TimeProvider time, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var days = await ledger.SumsAsync(UsagePeriod.Day, today.AddDays(-Math.Max(Forecasts.DaysMax, today.Day)), now, ct);
        return Results.Json(Forecasts.Of(now, days, prices.Current.Terms.Currency), FaasJson.Default.CostForecast);
    }

    private static IResult ListPrices(PriceBook prices)
    {
        PriceDescription[] all = [.. prices.All.Select(one => new PriceDescription(one.Version, one.Since, one.Terms))];
        return Results.Json(all, FaasJson.Default.PriceDescriptionArray);
    }

    /// <summary>Without a beginning from the month's first day on; without an end up to the day that is not over.</summary>
    private static UsageScope ScopeOf(DateTimeOffset? from, DateTimeOffset? to, string? function, string? @namespace, DateTimeOffset now)
    {
        var month = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        var tomorrow = new DateTimeOffset(now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        return new UsageScope(from ?? month, to ?? tomorrow) { Function = function, Namespace = @namespace };
    }

    private static IResult? ProblemOf(UsageScope scope) =>
        scope.From >= scope.To ? Bad("`from` must be before `to`")
        : !UsageReports.IsWhole(scope.From, UsagePeriod.Minute) || !UsageReports.IsWhole(scope.To, UsagePeriod.Minute) ? Bad("`from` and `to` must be whole minutes, as 2026-11-30T12:34:00Z")
        : null;

    private static bool TryParseKeys(string text, out List<UsageKey> keys, out string unknown)
    {
        (keys, unknown) = ([], "");
        foreach (var word in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (int.TryParse(word, out _) || !Enum.TryParse<UsageKey>(word, ignoreCase: true, out var key))
            {
                unknown = word.Length <= 40 ? word : word[..40];
                return false;
            }

            keys.Add(key);
        }

        return true;
    }

    private static IResult Bad(string detail) => ApiResults.Problem(400, "BadRequest", "The question cannot be answered", detail);
}
