using System.CommandLine;
using System.Globalization;
using System.Net;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary><c>faas budget</c>: what functions and namespaces may cost, and what happens when it is spent.</summary>
internal static class BudgetVerb
{
    private static readonly Argument<string?> Name = FunctionArgument.Optional();

    private static readonly Option<string?> Namespace = new("--namespace", "-n") { HelpName = "NAME", Description = "The budget that all functions of a namespace share (\"\" for those without one)" };

    private static readonly Option<BudgetPeriod> Period = new("--period") { HelpName = "PERIOD", Description = "How long it has to last, in UTC: day or month [default: month]", DefaultValueFactory = _ => BudgetPeriod.Month };

    private static readonly Option<decimal?> Amount = new("--amount") { HelpName = "AMOUNT", Description = "What may be spent, in the currency of `faas cost prices`" };

    private static readonly Option<BudgetAction?> Action = new("--action") { HelpName = "ACTION", Description = "What happens when it is spent: warn, throttle or stop [default: stop]" };

    private static readonly Option<double?> Rate = new("--rate") { HelpName = "NUMBER", Description = "Invocations a second that each throttled function is left with [default: 1]" };

    private static readonly Option<string?> At = new("--at") { HelpName = "PERCENT", Description = "Thresholds at which somebody is told [default: 50,80,100]" };

    private static readonly Option<string?> Webhook = new("--webhook") { HelpName = "URL", Description = "Send a signed CloudEvent there at each threshold (\"\" for nowhere)" };

    private static readonly Option<string?> Topic = new("--topic") { HelpName = "NAME", Description = "Publish the CloudEvent on this topic as well (\"\" for none)" };

    public static Command Create() => new Verb(
        "budget", "Set, list and delete budgets of functions and namespaces: what may be spent in a day or month, and what happens then",
        "faas budget set hello --amount 5", "faas budget set --namespace shop --amount 20 --period day --action throttle --rate 10", "faas budget list", "faas budget delete hello")
    {
        CreateSet(), CreateList(), CreateShow(), CreateDelete(),
    };

    private static Verb CreateSet()
    {
        var verb = new Verb(
            "set", "Make a budget, or change what is given of it. It counts what was spent in the running period before it was made; raised, it lets go on at once",
            "faas budget set hello --amount 5",
            "faas budget set hello --amount 0.5 --period day --action warn --at 80,100,150 --webhook https://example.com/alerts",
            "faas budget set --namespace shop --amount 20 --action throttle --rate 10",
            "faas budget set hello --topic spending")
        {
            Name, Namespace, Period, Amount, Action, Rate, At, Webhook, Topic,
        };
        verb.Does(async (context, ct) =>
        {
            var key = KeyOf(context);
            using var client = context.Connect();
            var spec = SpecOf(context, await FindAsync(client, key, ct));
            Print(context, await client.Budgets.SetAsync(key, spec, ct));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Verb CreateList()
    {
        var verb = new Verb("list", "List budgets and what is spent of them", "faas budget list", "faas budget list --output json | jq '.[] | select(.state != \"within\").id'");
        verb.Aliases.Add("ls");
        verb.Does(async (context, ct) =>
        {
            using var client = context.Connect();
            var budgets = await client.Budgets.ListAsync(ct);
            if (context.WantsJson)
            {
                Json.Print(budgets);
            }
            else if (budgets.Count == 0)
            {
                Terminal.Note("No budgets. `faas budget set NAME --amount AMOUNT` makes one.");
            }
            else
            {
                PrintTable(context, budgets);
            }

            return ExitCode.Ok;
        });
        return verb;
    }

    private static Verb CreateShow()
    {
        var verb = new Verb("show", "Show one budget", "faas budget show hello", "faas budget show --namespace shop --period day", "faas budget show hello --output json | jq .spent") { Name, Namespace, Period };
        verb.Does(async (context, ct) =>
        {
            using var client = context.Connect();
            Print(context, await client.Budgets.GetAsync(KeyOf(context), ct));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Verb CreateDelete()
    {
        var verb = new Verb("delete", "Delete a budget; what it held back goes on at once", "faas budget delete hello", "faas budget delete --namespace shop --period day") { Name, Namespace, Period };
        verb.Aliases.Add("rm");
        verb.Does(async (context, ct) =>
        {
            var key = KeyOf(context);
            using var client = context.Connect();
            await client.Budgets.DeleteAsync(key, ct);
            if (context.WantsJson)
            {
                Json.Print<IReadOnlyList<string>>([key.Id]);
            }
            else
            {
                Terminal.Line($"{key.Id} deleted");
            }

            return ExitCode.Ok;
        });
        return verb;
    }

    private static BudgetKey KeyOf(VerbContext context)
    {
        var (name, space, period) = (context.Value(Name), context.Value(Namespace), context.Value(Period));
        return (name, space) switch
        {
            (not null, null) => BudgetKey.OfFunction(VerbContext.FunctionNameOf(name), period),
            (null, not null) when BudgetKey.IsNamespace(space) => BudgetKey.OfNamespace(space, period),
            (null, not null) => throw new CliException(ExitCode.Usage, $"'{Text.Shorten(space)}' is no namespace: 1 to 63 of a-z, 0-9 and inner hyphens, or \"\"."),
            _ => throw new CliException(ExitCode.Usage, "A budget is a function's or a namespace's: give NAME, or --namespace NAME."),
        };
    }

    private static async Task<BudgetSpec?> FindAsync(FaasClient client, BudgetKey key, CancellationToken ct)
    {
        try
        {
            return (await client.Budgets.GetAsync(key, ct)).Spec;
        }
        catch (FaasApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private static BudgetSpec SpecOf(VerbContext context, BudgetSpec? earlier)
    {
        var amount = context.Value(Amount) ?? earlier?.Amount ?? throw new CliException(ExitCode.Usage, "There is no such budget yet; a new one needs --amount.");
        var known = earlier ?? new BudgetSpec { Amount = amount };
        var spec = known with
        {
            Amount = amount,
            Thresholds = context.Value(At) is { } at ? ThresholdsOf(at) : known.Thresholds,
            Action = context.Value(Action) ?? known.Action,
            RatePerSecond = context.Value(Rate) ?? known.RatePerSecond,
            Webhook = context.Value(Webhook) is { } url ? NullIfEmpty(url) : known.Webhook,
            Topic = context.Value(Topic) is { } topic ? NullIfEmpty(topic) : known.Topic,
        };
        return spec.Problem() is { } problem ? throw new CliException(ExitCode.Usage, $"{char.ToUpperInvariant(problem[0])}{problem[1..]}.") : spec;
    }

    private static List<int> ThresholdsOf(string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(word =>
        int.TryParse(word.TrimEnd('%'), NumberStyles.None, CultureInfo.InvariantCulture, out var percent)
            ? percent
            : throw new CliException(ExitCode.Usage, $"'{Text.Shorten(word, 40)}' is no percentage; thresholds are written as 50,80,100."))];

    private static void Print(VerbContext context, BudgetDescription budget)
    {
        if (context.WantsJson)
        {
            Json.Print(budget);
            return;
        }

        PrintTable(context, [budget]);
        if (budget.Functions == 0)
        {
            Terminal.Note(budget.Function is { } function ? $"There is no function '{function}' yet; it has the budget once it is deployed." : "There is no function in this namespace yet.");
        }
    }

    private static void PrintTable(VerbContext context, IReadOnlyList<BudgetDescription> budgets)
    {
        var table = new TextTable("budget", "spent", "amount", "%", "currency", "state", "then", "told at", "until", "webhook", "topic") { Dispensable = ["topic", "webhook", "told at", "until"] };
        foreach (var budget in budgets)
        {
            var spec = budget.Spec;
            table.Add(
                budget.Id, Text.Cost(budget.Spent), spec.Amount.ToString("0.############", CultureInfo.InvariantCulture), decimal.Floor(budget.Spent * 100 / spec.Amount).ToString("0", CultureInfo.InvariantCulture),
                budget.Currency, budget.State.ToString().ToLowerInvariant(), BudgetText.ThenOf(spec),
                string.Join(',', spec.Thresholds), Text.Time(budget.PeriodEnd), spec.Webhook ?? "", spec.Topic ?? "");
        }

        table.Print(context.Terminal);
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
