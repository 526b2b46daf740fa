using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Events;
using Faas.Cli.Output;

namespace Faas.Cli.Verbs;

/// <summary><c>faas invocations show</c>: one invocation with all that is known of it.</summary>
internal static class InvocationsShowVerb
{
    private static readonly Argument<string> Id = InvocationArgument.Required();

    public static Command Create()
    {
        var verb = new Verb(
            "show", "Show one invocation: its state, attempts, result and what it wrote",
            "faas invocations show 01JD2Z6Q9V", "faas invocations show 01JD2Z6Q9V --output json | jq -r .state")
        {
            Id,
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var id = InvocationArgument.IdOf(context.Value(Id)!);
        using var client = context.Connect();
        var found = await client.Events.DescribeAsync(id, TimeSpan.Zero, cancellationToken);
        if (context.WantsJson)
        {
            Json.Print(found);
        }
        else
        {
            await InvocationView.PrintAsync(context, client, found, cancellationToken);
        }

        return ExitCode.Ok;
    }
}
