using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Controller.Budgets;
using Faas.Controller.Functions;
using Faas.Controller.Metering;
using Faas.Events;
using Faas.Storage;

namespace Faas.Controller.Api;

/// <summary>What invocations may cost: <c>/v1/budgets</c>.</summary>
internal static class BudgetEndpoints
{
    /// <summary>Longest spec in bytes; an address is all that can be long in it.</summary>
    private const int BytesMax = 16 * 1024;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var budgets = routes.MapGroup("/v1/budgets").WithTags("budgets");
        budgets.MapGet("/", List).WithSummary("All budgets, and how far they have come").Produces<BudgetDescription[]>();
        budgets.MapGet("/{id}", Find).WithSummary("One budget; its id is function:NAME:day, function:NAME:month, namespace:NAME:day or namespace:NAME:month").Produces<BudgetDescription>().Produces<ApiProblem>(400).Produces<ApiProblem>(404);
        budgets.MapPut("/{id}", SetAsync).WithSummary("Makes a budget, or changes it").Produces<BudgetDescription>().Produces<ApiProblem>(400).Produces<ApiProblem>(409).Produces<ApiProblem>(413);
        budgets.MapDelete("/{id}", DeleteAsync).WithSummary("Deletes a budget").Produces(204).Produces<ApiProblem>(400).Produces<ApiProblem>(404);
    }

    private static IResult List(BudgetBook book, PriceBook prices, FunctionCatalog catalog)
    {
        BudgetDescription[] all = [.. book.All.Select(one => Describe(one.Budget, one.SpentPico, prices, catalog))];
        return Results.Json(all, FaasJson.Default.BudgetDescriptionArray);
    }

    private static IResult Find(string id, BudgetBook book, PriceBook prices, FunctionCatalog catalog) =>
        !BudgetKey.TryParse(id, out var key) ? BadId()
        : book.Find(key) is { } found ? Results.Json(Describe(found.Budget, found.SpentPico, prices, catalog), FaasJson.Default.BudgetDescription)
        : NoSuch(key);

    private static async Task<IResult> SetAsync(string id, HttpRequest request, BudgetBook book, Announcer announcer, PriceBook prices, FunctionCatalog catalog, CancellationToken ct)
    {
        if (!BudgetKey.TryParse(id, out var key))
        {
            return BadId();
        }

        if (request.ContentLength is > BytesMax)
        {
            return ApiResults.Problem(413, "TooLarge", "The budget is too large", $"a budget has at most {BytesMax} bytes");
        }

        BudgetSpec? spec;
        try
        {
            spec = await JsonSerializer.DeserializeAsync(request.Body, FaasJson.Default.BudgetSpec, ct);
        }
        catch (JsonException e)
        {
            return Bad(e.Message);
        }

        if (spec is null || spec.Problem() is not null)
        {
            return Bad(spec?.Problem() ?? "the body is null");
        }

        if (spec.Webhook is { } url && announcer.Refuses(url) is { } refusal)
        {
            return Bad("webhook: " + refusal);
        }

        if (spec.Topic is { } topic && !FunctionName.IsValid(topic))
        {
            return Bad("a topic's name is made of the characters of function names");
        }

        return !await book.SetAsync(key, spec, ct)
            ? ApiResults.Problem(409, "TooManyBudgets", "There are too many budgets", $"there are {BudgetBook.CountMax} budgets already; give namespaces one each instead of functions, or delete some")
            : Find(id, book, prices, catalog);
    }

    private static async Task<IResult> DeleteAsync(string id, BudgetBook book, CancellationToken ct) =>
        !BudgetKey.TryParse(id, out var key) ? BadId()
        : await book.DeleteAsync(key, ct) ? Results.NoContent()
        : NoSuch(key);

    private static BudgetDescription Describe(Budget budget, long spentPico, PriceBook prices, FunctionCatalog catalog) => new(budget.Key.Id, budget.Spec)
    {
        Function = budget.Key.Function,
        Namespace = budget.Key.Namespace,
        Period = budget.Key.Period,
        PeriodStart = budget.Start,
        PeriodEnd = budget.End,
        Spent = PicoMoney.ToAmount(spentPico),
        Currency = prices.Current.Terms.Currency,
        State = budget.StateAt(spentPico),
        ToldPercent = budget.Progress.ToldPercent,
        Functions = catalog.All.Count(function => budget.Key.Covers(function.Function)),
    };

    private static IResult NoSuch(BudgetKey key) =>
        ApiResults.Problem(404, "NotFound", "No such budget", $"there is no budget of {key.Scope} for a {key.Period.ToString().ToLowerInvariant()}; `faas budget list` shows those there are");

    private static IResult BadId() =>
        ApiResults.Problem(400, "BadRequest", "No budget's id", "a budget's id is function:NAME:day, function:NAME:month, namespace:NAME:day or namespace:NAME:month, with the name of a function or namespace");

    private static IResult Bad(string detail) => ApiResults.Problem(400, "BadRequest", "The budget cannot be set", detail);
}
