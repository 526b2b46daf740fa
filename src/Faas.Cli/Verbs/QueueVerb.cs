using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;

namespace Faas.Cli.Verbs;

/// <summary><c>faas queue</c>: what waits, for each function.</summary>
internal static class QueueVerb
{
    public static Command Create()
    {
        var verb = new Verb(
            "queue", "Show how many asynchronous invocations wait and run, for each function, and how many are dead letters",
            "faas queue", "faas queue --output json | jq 'map(.waiting) | add'");
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var summaries = await client.Events.ListQueueAsync(cancellationToken);
        if (context.WantsJson)
        {
            Json.Print(summaries);
            return ExitCode.Ok;
        }

        if (summaries.Count == 0)
        {
            Terminal.Note("Nothing waits, and there are no dead letters.");
            return ExitCode.Ok;
        }

        var now = context.Time.GetUtcNow();
        var table = new TextTable("function", "waiting", "running", "deliveries", "dead letters", "next due") { Dispensable = ["deliveries"] };
        foreach (var summary in summaries)
        {
            table.Add(
                summary.Function, Text.Number(summary.Waiting), Text.Number(summary.Running), Text.Number(summary.Deliveries), Text.Number(summary.DeadLetters),
                summary.NextDueAt is { } due ? Text.Until(due - now) : "-");
        }

        table.Print(context.Terminal);
        return ExitCode.Ok;
    }
}
