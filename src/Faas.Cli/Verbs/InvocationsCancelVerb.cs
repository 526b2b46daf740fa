using System.CommandLine;
using System.Net;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary><c>faas invocations cancel</c>: ends asynchronous invocations that have not ended.</summary>
internal static class InvocationsCancelVerb
{
    private static readonly Argument<string[]> Ids = InvocationArgument.Several(ArgumentArity.OneOrMore);

    public static Command Create()
    {
        var verb = new Verb("cancel", "Cancel asynchronous invocations, whether they wait or run", "faas invocations cancel 01JD2Z6Q9V",
            "faas invocations list --state queued hello -o json | jq -r '.[].id' | xargs faas invocations cancel")
        {
            Ids,
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var ids = context.Value(Ids)!.Select(InvocationArgument.IdOf).Distinct().ToArray();
        using var client = context.Connect();
        var cancelled = new List<string>();
        var exitCode = ExitCode.Ok;
        foreach (var id in ids)
        {
            try
            {
                await client.Events.CancelAsync(id, cancellationToken);
                cancelled.Add(id);
            }
            catch (FaasApiException e) when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
            {
                context.Terminal.Error("error", e.Problem.Detail.Length > 0 ? e.Problem.Detail : e.Problem.Title);
                exitCode = e.StatusCode == HttpStatusCode.NotFound ? ExitCode.NotFound : ExitCode.Error;
            }
        }

        if (context.WantsJson)
        {
            Json.Print<IReadOnlyList<string>>(cancelled);
        }
        else
        {
            cancelled.ForEach(id => Terminal.Line($"{id} cancelled"));
        }

        return exitCode;
    }
}
