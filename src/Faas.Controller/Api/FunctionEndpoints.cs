using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Controller.Functions;
using Faas.Controller.Scaling;
using Faas.Storage;

namespace Faas.Controller.Api;

/// <summary><c>/v1/functions</c>: deploy, plan, list, describe, delete.</summary>
internal static class FunctionEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var functions = routes.MapGroup("/v1/functions").WithTags("functions");
        functions.MapGet("/", ListAsync).WithSummary("All functions").Produces<FunctionSummary[]>();
        functions.MapGet("/{name}", DescribeAsync).WithSummary("One function with its instances and totals").Produces<FunctionDescription>().Produces<ApiProblem>(404);
        functions.MapPut("/{name}", DeployAsync).WithSummary("Deploys a revision; answers once it has started and serves").Produces<DeployResult>().Produces<ApiProblem>(422);
        functions.MapPost("/{name}/plan", Plan).WithSummary("What a deploy would change").Produces<DeployPlan>();
        functions.MapDelete("/{name}", DeleteAsync).WithSummary("Deletes a function; what runs ends in peace").Produces(204).Produces<ApiProblem>(404);
    }

    private static async Task<IResult> ListAsync(FunctionCatalog catalog, FunctionViews views, CancellationToken ct)
    {
        var totals = await views.TotalsAsync(ct);
        FunctionSummary[] summaries = [.. catalog.All.OrderBy(f => f.Function, StringComparer.Ordinal).Select(f => views.Summarize(f, totals))];
        return Results.Json(summaries, FaasJson.Default.FunctionSummaryArray);
    }

    private static async Task<IResult> DescribeAsync(string name, FunctionCatalog catalog, FunctionViews views, CancellationToken ct) =>
        catalog.Find(name) is { } function
            ? Results.Json(await views.DescribeAsync(function, ct), FaasJson.Default.FunctionDescription)
            : ApiResults.NoSuchFunction(name);

    private static async Task<IResult> DeployAsync(string name, HttpRequest request, Deployer deployer, FunctionViews views, IHostApplicationLifetime lifetime, CancellationToken ct)
    {
        var (spec, problem) = await SpecBody.ReadAsync(name, request, ct);
        if (spec is null)
        {
            return problem!;
        }

        // A deploy goes on when its caller hangs up: half of it would be worse than all of it. It ends only with the controller.
        var result = await deployer.DeployAsync(spec, views.UrlOf(name), lifetime.ApplicationStopping);
        return Results.Json(result, FaasJson.Default.DeployResult);
    }

    private static async Task<IResult> Plan(string name, HttpRequest request, FunctionCatalog catalog, CancellationToken ct)
    {
        var (spec, problem) = await SpecBody.ReadAsync(name, request, ct);
        return spec is null ? problem! : Results.Json(DeployPlanner.Plan(catalog.Find(name)?.Revision.Spec, spec), FaasJson.Default.DeployPlan);
    }

    private static async Task<IResult> DeleteAsync(string name, Deployer deployer, IHostApplicationLifetime lifetime) =>
        await deployer.DeleteAsync(name, lifetime.ApplicationStopping) ? Results.NoContent() : ApiResults.NoSuchFunction(name);
}
