using System.CommandLine;
using System.Globalization;
using Faas.Cli.CommandLine;
using Faas.Cli.Costs;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary><c>faas cost</c>: what invocations cost, by function, day, namespace and more, and what follows from it.</summary>
internal static class CostVerb
{
    private static readonly Option<string[]> By = CreateBy();

    private static readonly Option<string?> Since = new("--since") { HelpName = "TIME", Description = "From then on: 30d, 24h, 90m, 2026-11-01, 2026-11-30T12:00 (UTC) [default: the month's first day]" };

    private static readonly Option<string?> Until = new("--until") { HelpName = "TIME", Description = "Up to then; a day is included [default: now]" };

    private static readonly Option<string?> Function = new("--function") { HelpName = "NAME", Description = "Only this function" };

    private static readonly Option<string?> Namespace = new("--namespace", "-n") { HelpName = "NAME", Description = "Only functions of this namespace (\"\" for those without one)" };

    private static readonly Option<bool> Csv = new("--csv") { Description = "Print CSV: all figures in full" };

    private static readonly Option<bool> Chart = new("--chart") { Description = "Draw a bar for each cost" };

    private static readonly Option<bool> Compare = new("--compare") { Description = "Show what the same invocations would have cost in other clouds, each by its rounding" };

    private static readonly Option<bool> Idle = new("--idle") { Description = "Show memory that was allotted while nothing ran, by function or by day,function; whole days (UTC)" };

    private static readonly Option<string?> Month = new("--month") { HelpName = "YYYY-MM", Description = "Another month than this one" };

    public static Command Create()
    {
        var verb = new Verb(
            "cost", "Show what invocations cost: by function, day, namespace, revision or outcome",
            "faas cost", "faas cost --by day --since 30d --chart", "faas cost --by namespace,day --csv > costs.csv", "faas cost --since 24h --compare", "faas cost bill --month 2026-11", "faas cost forecast",
            "faas cost --idle", "faas cost --output json | jq .total.cost")
        {
            By, Since, Until, Function, Namespace, Csv, Chart, Compare, Idle, CreateBill(), CreateForecast(), CreatePrices(),
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var now = context.Time.GetUtcNow();
        var scope = new UsageScope(CostTime.From(context.Value(Since), now), CostTime.To(context.Value(Until), now))
        {
            Function = context.Value(Function) is { } name ? VerbContext.FunctionNameOf(name) : null,
            Namespace = context.Value(Namespace),
        };
        using var client = context.Connect();
        if (context.Value(Compare))
        {
            PrintComparison(context, await client.Costs.CompareAsync(scope, cancellationToken));
            return ExitCode.Ok;
        }

        IReadOnlyList<UsageKey> by = [.. context.Value(By)!.SelectMany(words => words.Split(',')).Select(word => Enum.Parse<UsageKey>(word, ignoreCase: true)).Distinct()];
        if (context.Value(Idle))
        {
            if (!by.All(key => key is UsageKey.Function or UsageKey.Day))
            {
                throw new CliException(ExitCode.Usage, "--idle is told apart by function, or by day,function, and by nothing else.");
            }

            if (!CostTime.IsMidnight(scope.From) || !CostTime.IsMidnight(scope.To))
            {
                throw new CliException(ExitCode.Usage, "--idle knows whole days (UTC): --since and --until are like 7d or 2026-11-01.");
            }

            PrintIdle(context, await client.Costs.GetIdleAsync(scope, by.Contains(UsageKey.Day), cancellationToken));
            return ExitCode.Ok;
        }

        var report = await client.Costs.GetUsageAsync(scope, by, cancellationToken);
        if (context.WantsJson)
        {
            Json.Print(report);
        }
        else if (context.Value(Csv))
        {
            Console.Out.Write(UsageTable.ToCsv(report, by));
        }
        else if (report.Rows.Count == 0)
        {
            Terminal.Note("Nothing was invoked in that time.");
        }
        else
        {
            UsageTable.Print(context, report, by, context.Value(Chart));
        }

        return ExitCode.Ok;
    }

    private static void PrintIdle(VerbContext context, IdleReport report)
    {
        if (context.WantsJson)
        {
            Json.Print(report);
        }
        else if (context.Value(Csv))
        {
            Console.Out.Write(IdleTable.ToCsv(report));
        }
        else if (report.Rows.Count == 0)
        {
            Terminal.Note("Nothing was allotted in that time.");
        }
        else
        {
            IdleTable.Print(context, report);
        }
    }

    private static void PrintComparison(VerbContext context, CloudComparison comparison)
    {
        if (context.WantsJson)
        {
            Json.Print(comparison);
            return;
        }

        var table = new TextTable("where", "cost", "compared", "rounds time", "free each month") { Dispensable = ["free each month", "rounds time"] };
        table.Add("here", Money(comparison.Cost, comparison.Currency), "", "", "");
        foreach (var cloud in comparison.Clouds)
        {
            var ratio = comparison is { Currency: "USD", Cost: > 0 } ? (cloud.CostUsd / comparison.Cost).ToString("0.00", CultureInfo.InvariantCulture) + " times" : "-";
            table.Add(cloud.Name, Money(cloud.CostUsd, "USD"), ratio, cloud.Rounding, cloud.FreeTier);
        }

        table.Print(context.Terminal);
        Terminal.Note($"{Text.Number(comparison.Invocations)} billed invocations, before any free tier, discount or traffic. List prices, which may have changed since:");
        foreach (var (source, asOf) in comparison.Clouds.Select(cloud => (cloud.Source, cloud.AsOf)).Distinct())
        {
            Terminal.Note($"  {asOf:yyyy-MM-dd}  {source}");
        }
    }

    private static Verb CreateBill()
    {
        var verb = new Verb("bill", "Show what a month (UTC) comes to, for each namespace, less the free tier", "faas cost bill", "faas cost bill --month 2026-11", "faas cost bill --output json | jq .due") { Month };
        verb.Does(async (context, ct) =>
        {
            var month = DateOnly.FromDateTime(context.Time.GetUtcNow().UtcDateTime);
            if (context.Value(Month) is { } text && !DateOnly.TryParseExact(text, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out month))
            {
                throw new CliException(ExitCode.Usage, $"'{Text.Shorten(text, 40)}' is no month; one is written as 2026-11.");
            }

            using var client = context.Connect();
            var bill = await client.Costs.GetBillAsync(month, ct);
            if (context.WantsJson)
            {
                Json.Print(bill);
                return ExitCode.Ok;
            }

            var table = new TextTable("namespace", "billed", "GiB-s", "out", "cost", "free", $"due {bill.Currency}") { Dispensable = ["out", "GiB-s"] };
            foreach (var line in bill.Lines)
            {
                table.Add(
                    line.Namespace is { Length: > 0 } name ? name : "(none)", Text.Number(line.Billed), line.GiBSeconds.ToString("N2", CultureInfo.InvariantCulture), Text.Bytes(line.BytesOut),
                    Text.Cost(line.Cost), Text.Cost(line.FreeTier), Text.Cost(line.Due));
            }

            if (bill.Idle is { } idle)
            {
                table.Add("(idle memory)", "", idle.GiBSeconds.ToString("N2", CultureInfo.InvariantCulture), "", Text.Cost(idle.Cost), Text.Cost(0), Text.Cost(idle.Cost));
            }

            table.Add("total", "", "", "", Text.Cost(bill.Cost + (bill.Idle?.Cost ?? 0)), Text.Cost(bill.FreeTier), Text.Cost(bill.Due));
            table.Print(context.Terminal);
            Terminal.Note($"{bill.Month:yyyy-MM}{(bill.IsOver ? "" : ", until now")}");
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Verb CreateForecast()
    {
        var verb = new Verb("forecast", "Show where the running month's costs are going", "faas cost forecast", "faas cost forecast --output json | jq .expected");
        verb.Does(async (context, ct) =>
        {
            using var client = context.Connect();
            var forecast = await client.Costs.GetForecastAsync(ct);
            if (context.WantsJson)
            {
                Json.Print(forecast);
                return ExitCode.Ok;
            }

            var table = new TextTable("", "");
            table.Add("month", forecast.Month.ToString("yyyy-MM", CultureInfo.InvariantCulture));
            table.Add("so far", Money(forecast.SoFar, forecast.Currency));
            table.Add("expected", Money(forecast.Expected, forecast.Currency));
            table.Add("range", $"{Text.Cost(forecast.Low)} to {Money(forecast.High, forecast.Currency)}");
            table.Add("based on", forecast.DaysSeen == 0 ? "today alone" : Text.Count(forecast.DaysSeen, "whole day"));
            table.Print(context.Terminal);
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Verb CreatePrices()
    {
        var verb = new Verb("prices", "Show the prices that are and were in force; faas.json in the data folder has them, and is read again when it changes", "faas cost prices", "faas cost prices --output json | jq '.[-1].terms'");
        verb.Does(async (context, ct) =>
        {
            using var client = context.Connect();
            var prices = await client.Costs.ListPricesAsync(ct);
            if (context.WantsJson)
            {
                Json.Print(prices);
                return ExitCode.Ok;
            }

            var table = new TextTable("version", "since", "per million", "per GiB-s", "per vCPU-s", "per GB out", "per idle GiB-s", "rounding", "free requests", "free GiB-s", "currency") { Dispensable = ["per idle GiB-s", "free GiB-s", "free requests", "per GB out", "per vCPU-s"] };
            foreach (var price in prices.Reverse())
            {
                var terms = price.Terms;
                table.Add(
                    Text.Number((long)price.Version), Text.Time(price.Since), Plain(terms.PerMillionRequests), Plain(terms.PerGiBSecond), Plain(terms.PerVCpuSecond), Plain(terms.PerGBOut), Plain(terms.PerIdleGiBSecond),
                    $"up to {terms.RoundUpMs} ms, at least {terms.MinimumMs} ms", Text.Number(terms.FreeRequests), Plain(terms.FreeGiBSeconds), terms.Currency);
            }

            table.Print(context.Terminal);
            return ExitCode.Ok;
        });
        return verb;
    }

    private static string Money(decimal cost, string currency) => $"{Text.Cost(cost)} {currency}";

    private static string Plain(decimal number) => number.ToString("0.############", CultureInfo.InvariantCulture);

    private static Option<string[]> CreateBy()
    {
        var names = string.Join(", ", Enum.GetNames<UsageKey>()).ToLowerInvariant();
        var option = new Option<string[]>("--by")
        {
            HelpName = "KEYS",
            Description = $"What costs are told apart by: {names}; several with commas [default: function]",
            DefaultValueFactory = _ => ["function"],
        };
        option.CompletionSources.Add(context => Enum.GetNames<UsageKey>().Select(name => new System.CommandLine.Completions.CompletionItem(name.ToLowerInvariant())));
        option.Validators.Add(result =>
        {
            foreach (var word in result.Tokens.SelectMany(token => token.Value.Split(',')))
            {
                if (!Enum.TryParse<UsageKey>(word, ignoreCase: true, out _) || int.TryParse(word, out _))
                {
                    result.AddError($"--by '{Text.Shorten(word, 40)}' is none of {names}.");
                }
            }
        });
        return option;
    }
}
