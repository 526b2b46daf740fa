using Faas.Contracts.Api;
using Faas.Controller.Metering.Costs;
using Faas.Controller.Metering.Idle;
using Faas.Storage;

namespace Faas.Controller.Api;

/// <summary><c>/v1/usage/idle</c>: memory that was allotted while nothing ran.</summary>
internal static class IdleEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/usage/idle", AnswerAsync).WithTags("costs")
        .WithSummary("Memory-seconds of idle and frozen instances and of stems, by function, or by day and function").Produces<IdleReport>().Produces<ApiProblem>(400);

    private static async Task<IResult> AnswerAsync(
        IdleMemory idle, TimeProvider time, CancellationToken ct, DateTimeOffset? from = null, DateTimeOffset? to = null, string by = "function", string? function = null, string? @namespace = null)
    {
        var now = time.GetUtcNow();
        var tomorrow = new DateTimeOffset(now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        var scope = new UsageScope(from ?? new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero), to ?? tomorrow) { Function = function, Namespace = @namespace };
        if (by is not ("function" or "day" or "day,function" or "function,day"))
        {
            return Bad("idle memory is told apart by function, or by day,function");
        }

        return scope.From >= scope.To ? Bad("`from` must be before `to`")
            : !UsageReports.IsWhole(scope.From, UsagePeriod.Day) || !UsageReports.IsWhole(scope.To, UsagePeriod.Day) ? Bad("idle memory is kept by day: `from` and `to` must be whole days (UTC), as 2026-11-30T00:00:00Z")
            : Results.Json(await idle.ReadAsync(scope, by != "function", ct), FaasJson.Default.IdleReport);
    }

    private static IResult Bad(string detail) => ApiResults.Problem(400, "BadRequest", "The question cannot be answered", detail);
}
