using Faas.Contracts.Api;
using Faas.Events.Triggers;

namespace Faas.Controller.Api;

/// <summary>
/// <c>/v1/triggers</c>: list, pause, resume, fire, forget. A trigger belongs to its function's manifest and is there as long as it stands in that; so deleting one forgets
/// how far it has come and leaves it paused. One that a deployment leaves out is forgotten with its pause.
/// </summary>
internal static class TriggerEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/triggers", List).WithTags("triggers").WithSummary("All triggers, or those of one function (?function=)").Produces<TriggerDescription[]>();
        var triggers = routes.MapGroup("/v1/triggers/{function}/{name}").WithTags("triggers");
        triggers.MapPost("/pause", PauseAsync).WithSummary("Pauses a trigger, also across restarts").Produces<TriggerDescription>().Produces<ApiProblem>(404);
        triggers.MapPost("/resume", ResumeAsync).WithSummary("Resumes a trigger; what a schedule missed meanwhile is not made up for").Produces<TriggerDescription>().Produces<ApiProblem>(404);
        triggers.MapPost("/fire", FireAsync).WithSummary("Gives the function an event as if there had been one now").Produces<TriggerFiring>(202).Produces<ApiProblem>(404).Produces<ApiProblem>(409);
        triggers.MapDelete("/", ForgetAsync).WithSummary("Forgets how far a trigger has come, and leaves it paused; resumed it begins anew").Produces(204).Produces<ApiProblem>(404);
    }

    private static IResult List(TriggerDesk desk, string? function = null) => Results.Json(desk.List(function), FaasJson.Default.TriggerDescriptionArray);

    private static async Task<IResult> PauseAsync(string function, string name, TriggerDesk desk, CancellationToken ct) =>
        Described(await desk.PauseAsync(IdOf(function, name), ct), function, name);

    private static async Task<IResult> ResumeAsync(string function, string name, TriggerDesk desk, CancellationToken ct) =>
        Described(await desk.ResumeAsync(IdOf(function, name), ct), function, name);

    private static async Task<IResult> FireAsync(string function, string name, TriggerDesk desk, CancellationToken ct)
    {
        var outcome = await desk.FireAsync(IdOf(function, name), ct);
        return outcome.Refusal is { } refusal
            ? ApiResults.Problem(refusal.Status, refusal.Error, "Not fired", refusal.Detail)
            : Results.Json(new TriggerFiring(outcome.Invocation!), FaasJson.Default.TriggerFiring, statusCode: 202);   // one of the two is set
    }

    private static async Task<IResult> ForgetAsync(string function, string name, TriggerDesk desk, CancellationToken ct) =>
        await desk.ForgetAsync(IdOf(function, name), ct) is null ? NoSuchTrigger(function, name) : Results.NoContent();

    private static IResult Described(TriggerDescription? trigger, string function, string name) =>
        trigger is null ? NoSuchTrigger(function, name) : Results.Json(trigger, FaasJson.Default.TriggerDescription);

    private static IResult NoSuchTrigger(string function, string name) =>
        ApiResults.Problem(404, "NotFound", "No such trigger", $"no trigger '{Shorten(IdOf(function, name))}'; `faas trigger list` shows those there are");

    private static string IdOf(string function, string name) => $"{function}/{name}";

    private static string Shorten(string text) => text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 77), "...");
}
