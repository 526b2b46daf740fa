using System.Text;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Controller.Events;
using Faas.Events;
using Faas.Storage;

namespace Faas.Controller.Api;

/// <summary>What people do with accepted events: <c>/v1/invocations/{id}</c>, <c>/v1/queue</c>, <c>/v1/dead-letters</c>.</summary>
internal static class EventEndpoints
{
    private const int LimitMax = 1000;
    private const int WaitSecondsMax = 60;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var invocations = routes.MapGroup("/v1/invocations/{id}").WithTags("invocations");
        invocations.MapGet("/", ShowAsync).WithSummary("One invocation as it stands; with ?wait=SECONDS once it has ended").Produces<InvocationDescription>().Produces<ApiProblem>(404);
        invocations.MapGet("/result", ResultAsync).WithSummary("The result of an asynchronous invocation, as the function answered").Produces(200).Produces<ApiProblem>(404);
        invocations.MapPost("/cancel", CancelAsync).WithSummary("Cancels an asynchronous invocation that has not ended").Produces(204).Produces<ApiProblem>(409);
        routes.MapGet("/v1/queue", QueueAsync).WithTags("queue").WithSummary("What waits, for each function").Produces<QueueSummary[]>();
        routes.MapGet("/v1/queue/entries", ListAsync).WithTags("queue").WithSummary("Events of one state: queued, running or deadLettered").Produces<InvocationDescription[]>();
        var letters = routes.MapGroup("/v1/dead-letters").WithTags("dead letters");
        letters.MapGet("/{id}/body", BodyAsync).WithSummary("A dead letter's body").Produces(200).Produces<ApiProblem>(404);
        letters.MapPost("/redrive", RedriveAsync).WithSummary("Queues dead letters again: one (?id=), a function's (?function=) or all").Produces<EventCount>();
        letters.MapDelete("/", PurgeAsync).WithSummary("Removes dead letters for good: one (?id=), a function's (?function=) or all").Produces<EventCount>();
    }

    private static async Task<IResult> ShowAsync(string id, Desk desk, EventViews views, CancellationToken ct, int wait = 0)
    {
        var found = await desk.WaitAsync(id, TimeSpan.FromSeconds(Math.Clamp(wait, 0, WaitSecondsMax)), ct);
        return await views.DescribeAsync(id, found, ct) is { } description ? Results.Json(description, FaasJson.Default.InvocationDescription) : NoSuchInvocation(id);
    }

    private static async Task<IResult> ResultAsync(string id, HttpContext http, Desk desk, IInvocationQueue queue, AnswerFiles files, CancellationToken ct)
    {
        if (await desk.FindAsync(id, ct) is not { } found)
        {
            return NoSuchInvocation(id);
        }

        if (!found.State.HasEnded())
        {
            return ApiResults.Problem(409, "NotEnded", "It has not ended", $"invocation {id} is {found.State.ToString().ToLowerInvariant()}; wait for it with ?wait=60 on /v1/invocations/{id}");
        }

        if (await queue.FindAnswerAsync(id, ct) is not { } answer || await files.ReadAsync(answer, ct) is not { } whole)
        {
            return ApiResults.Problem(404, "NoResult", "There is no result", $"invocation {id} is {found.State.ToString().ToLowerInvariant()} and left no result, or it is not kept any more");
        }

        http.Response.Headers["X-Function-Status"] = whole.Status.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (!answer.IsWhole)
        {
            http.Response.Headers["X-Faas-Result-Length"] = answer.Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return Results.Bytes(whole.Body.ToArray(), EventViews.ContentTypeOf(answer) ?? "application/octet-stream");
    }

    private static async Task<IResult> CancelAsync(string id, Desk desk, CancellationToken ct) => await desk.CancelAsync(id, ct) switch
    {
        CancelOutcome.NotFound => NoSuchInvocation(id),
        CancelOutcome.HasEnded => ApiResults.Problem(409, "HasEnded", "It has ended", $"invocation {id} has ended already; `faas invocations show {id}` says how"),
        _ => Results.NoContent(),
    };

    private static async Task<IResult> QueueAsync(EventViews views, CancellationToken ct) =>
        Results.Json(await views.QueueAsync(ct), FaasJson.Default.QueueSummaryArray);

    private static async Task<IResult> ListAsync(IInvocationQueue queue, CancellationToken ct, string state = "queued", string? function = null, string? after = null, int limit = 50)
    {
        if (!Enum.TryParse<InvocationState>(state, ignoreCase: true, out var parsed) || parsed is not (InvocationState.Queued or InvocationState.Running or InvocationState.DeadLettered))
        {
            return ApiResults.Problem(400, "BadRequest", "No such state", "state is one of queued, running and deadLettered");
        }

        var entries = await queue.ListAsync(parsed, function, after, Math.Clamp(limit, 1, LimitMax), ct);
        return Results.Json([.. entries.Select(EventViews.Describe)], FaasJson.Default.InvocationDescriptionArray);
    }

    private static async Task<IResult> BodyAsync(string id, IInvocationQueue queue, CancellationToken ct)
    {
        if (await queue.FindAsync(id, ct) is not { State: InvocationState.DeadLettered } letter)
        {
            return ApiResults.Problem(404, "NotFound", "No such dead letter", $"no dead letter '{Shorten(id)}'; `faas dlq list` shows them");
        }

        var type = letter.Entry.Request.Headers.FirstOrDefault(header => header.Name.Equals("content-type", StringComparison.OrdinalIgnoreCase))?.Value;
        return Results.Bytes(await queue.ReadBodyAsync(id, ct) ?? [], type ?? "application/octet-stream");
    }

    private static async Task<IResult> RedriveAsync(Desk desk, CancellationToken ct, string? id = null, string? function = null)
    {
        var count = await desk.RedriveAsync(new DeadLetterChoice(id, function), ct);
        return Counted(count, id);
    }

    private static async Task<IResult> PurgeAsync(Desk desk, CancellationToken ct, string? id = null, string? function = null)
    {
        var count = await desk.PurgeAsync(new DeadLetterChoice(id, function), ct);
        return Counted(count, id);
    }

    private static IResult Counted(int count, string? id) => id is not null && count == 0
        ? ApiResults.Problem(404, "NotFound", "No such dead letter", $"no dead letter '{Shorten(id)}'; `faas dlq list` shows them")
        : Results.Json(new EventCount(count), FaasJson.Default.EventCount);

    private static IResult NoSuchInvocation(string id) =>
        ApiResults.Problem(404, "NotFound", "No such invocation", $"no invocation '{Shorten(id)}', or it is not kept any more");

    private static string Shorten(string text) => text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 77), "...");
}
