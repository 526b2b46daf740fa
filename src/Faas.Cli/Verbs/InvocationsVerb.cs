using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Verbs;

/// <summary><c>faas invocations</c>: usage records, one for each invocation, and below it what is done with single ones.</summary>
internal static class InvocationsVerb
{
    private const int LimitMax = 10_000;

    private static readonly Argument<string?> Name = FunctionArgument.Optional();

    private static readonly Option<string?> Id = new("--id") { HelpName = "ID", Description = "Only the invocation with this X-Call-Id" };

    private static readonly Option<int> Limit =
        new Option<int>("--limit") { HelpName = "N", Description = "At most this many", DefaultValueFactory = _ => 50 }.Between(1, LimitMax);

    public static Command Create()
    {
        var verb = new Verb(
            "invocations", "List invocations with their times, outcome and cost, newest first",
            "faas invocations", "faas invocations hello --limit 10", "faas invocations show 01JD2Z6Q9V", "faas invocations wait 01JD2Z6Q9V --timeout 5m", "faas invocations hello --output json | jq 'map(.cost) | add'")
        {
            Name, Id, Limit, InvocationsShowVerb.Create(), InvocationsWaitVerb.Create(), InvocationsCancelVerb.Create(), InvocationsListVerb.Create(),
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var name = context.Value(Name) is { } given ? VerbContext.FunctionNameOf(given) : null;
        var records = await client.ListInvocationsAsync(name, context.Value(Id), context.Value(Limit), cancellationToken);
        if (context.Value(Id) is { } id && records.Count == 0)
        {
            throw new CliException(ExitCode.NotFound, $"There is no record of an invocation '{Text.Shorten(id)}'.");
        }

        if (context.WantsJson)
        {
            Json.Print(records);
        }
        else if (records.Count == 0)
        {
            Terminal.Note("No invocations yet.");
        }
        else
        {
            Print(context, records);
        }

        return ExitCode.Ok;
    }

    private static void Print(VerbContext context, IReadOnlyList<UsageRecord> records)
    {
        var table = new TextTable("invocation", "function", "received", "status", "outcome", "queued", "cold", "run", "CPU", "peak", "billed", "GiB-s", "in", "out", "cost")
        {
            Dispensable = ["in", "out", "peak", "CPU", "GiB-s", "queued", "function", "outcome", "billed"],
        };
        foreach (var record in records)
        {
            var outcome = record.Outcome == InvocationError.None ? "ok" : $"{record.Outcome} ({record.Blame.ToString().ToLowerInvariant()})";
            table.Add(
                record.InvocationId, record.Function, Text.Time(record.ReceivedAt), Text.Number((long)record.Status), outcome,
                Text.Duration(record.Queued), record.Cold > TimeSpan.Zero ? Text.Duration(record.Cold) : "-", Text.Duration(record.Run),
                record.Cpu == TimeSpan.Zero ? "-" : Text.Duration(record.Cpu), record.PeakKiB == 0 ? "-" : Text.Bytes(record.PeakKiB * 1024),
                record.BilledMs + " ms", Text.Number(record.GiBSeconds), Text.Bytes(record.BytesIn), Text.Bytes(record.BytesOut), Text.Cost(record.Cost));
        }

        table.Print(context.Terminal);
    }
}
