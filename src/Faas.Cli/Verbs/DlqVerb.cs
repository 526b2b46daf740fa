using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Events;
using Faas.Cli.Output;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Verbs;

/// <summary><c>faas dlq</c>: dead letters, which failed for good and are kept until somebody decides about them.</summary>
internal static class DlqVerb
{
    private static readonly Argument<string?> Name = FunctionArgument.Optional();

    private static readonly Option<int> Limit =
        new Option<int>("--limit") { HelpName = "N", Description = "At most this many", DefaultValueFactory = _ => 50 }.Between(1, EventList.LimitMax);

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask" };

    public static Command Create() => new Verb(
        "dlq", "Dead letters: asynchronous invocations that failed for good",
        "faas dlq list", "faas dlq show 01JD2Z6Q9V", "faas dlq redrive --function hello", "faas dlq purge 01JD2Z6Q9V")
    {
        CreateList(), DlqShowVerb.Create(), CreateRedrive(), CreatePurge(),
    };

    private static Verb CreateList()
    {
        var verb = new Verb("list", "List dead letters and why they are", "faas dlq list", "faas dlq list hello --output json | jq -r '.[].reason'") { Name, Limit };
        verb.Does((context, cancellationToken) =>
        {
            var function = context.Value(Name) is { } given ? VerbContext.FunctionNameOf(given) : null;
            return EventList.PrintAsync(context, InvocationState.DeadLettered, function, context.Value(Limit), cancellationToken);
        });
        return verb;
    }

    private static Verb CreateRedrive()
    {
        var verb = new Verb(
            "redrive", "Queue dead letters again, as if they were new", "faas dlq redrive 01JD2Z6Q9V", "faas dlq redrive --function hello", "faas dlq redrive --all")
        {
            DeadLetterOptions.Ids, DeadLetterOptions.Function, DeadLetterOptions.All,
        };
        verb.Does(async (context, cancellationToken) =>
        {
            var selection = DeadLetterOptions.Read(context);
            using var client = context.Connect();
            return await selection.ApplyAsync(context, (id, function) => client.Events.RedriveAsync(id, function, cancellationToken), "queued again");
        });
        return verb;
    }

    private static Verb CreatePurge()
    {
        var verb = new Verb(
            "purge", "Remove dead letters for good", "faas dlq purge 01JD2Z6Q9V", "faas dlq purge --function hello --yes", "faas dlq purge --all")
        {
            DeadLetterOptions.Ids, DeadLetterOptions.Function, DeadLetterOptions.All, Yes,
        };
        verb.Does(async (context, cancellationToken) =>
        {
            var selection = DeadLetterOptions.Read(context);
            if (!context.Value(Yes) && !MayGoOn(selection))
            {
                Terminal.Note("Nothing was removed.");
                return ExitCode.Error;
            }

            using var client = context.Connect();
            return await selection.ApplyAsync(context, (id, function) => client.Events.PurgeAsync(id, function, cancellationToken), "removed");
        });
        return verb;
    }

    private static bool MayGoOn(DeadLetterSelection selection) => Terminal.IsInteractive
        ? Terminal.Confirm($"Remove {selection} for good?", standard: false)
        : throw new CliException(ExitCode.Usage, "Removing dead letters needs a confirmation, and there is no terminal to ask on; add --yes.");
}
