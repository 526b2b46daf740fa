using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Events;

namespace Faas.Cli.Verbs;

/// <summary><c>faas invocations wait</c>: waits for the end of an invocation and prints its result.</summary>
internal static class InvocationsWaitVerb
{
    private static readonly Argument<string> Id = InvocationArgument.Required();

    private static readonly Option<TimeSpan?> Limit = QuantityOption.Duration(
        "--timeout", "Wait at most this long, then end with exit code 1 [default: until it has ended]", (TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(30)), "100ms to 30d, like 5m");

    public static Command Create()
    {
        var verb = new Verb(
            "wait", "Wait until an invocation has ended and print its result; exit code 5 if it failed",
            "faas invocations wait 01JD2Z6Q9V --timeout 5m", "ID=$(faas invoke resize --async) && faas invocations wait $ID > small.png")
        {
            Id, Limit,
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var id = InvocationArgument.IdOf(context.Value(Id)!);
        using var client = context.Connect();
        return await InvocationEnd.AwaitAsync(context, client.Events, id, context.Value(Limit), cancellationToken);
    }
}
