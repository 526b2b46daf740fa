using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Controller.Api;

/// <summary><c>/v1/invocations</c>: the usage records.</summary>
internal static class UsageEndpoints
{
    /// <summary>Most records in one answer.</summary>
    private const int LimitMax = 10_000;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/invocations", ListAsync).WithTags("invocations").WithSummary("Usage records, newest first").Produces<UsageRecord[]>();

    private static async Task<IResult> ListAsync(IUsageLedger ledger, CancellationToken ct, string? function = null, string? id = null, int limit = 50)
    {
        UsageRecord[] records = [.. await ledger.ListAsync(function, id, Math.Clamp(limit, 1, LimitMax), ct)];
        return Results.Json(records, FaasJson.Default.UsageRecordArray);
    }
}
