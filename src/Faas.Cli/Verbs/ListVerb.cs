using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;

namespace Faas.Cli.Verbs;

/// <summary><c>faas list</c>: all functions.</summary>
internal static class ListVerb
{
    public static Command Create()
    {
        var verb = new Verb("list", "List all functions", "faas list", "faas list --output json | jq -r '.[] | select(.state == \"failing\") | .name'");
        verb.Aliases.Add("ls");
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var functions = await client.ListFunctionsAsync(cancellationToken);
        if (context.WantsJson)
        {
            Json.Print(functions);
            return ExitCode.Ok;
        }

        if (functions.Count == 0)
        {
            Terminal.Note("There are no functions yet. Make one with `faas init NAME --runtime python`, then `faas deploy`.");
            return ExitCode.Ok;
        }

        // With its load and its name, a narrow terminal shows most of what is asked for; the rest is in `describe`.
        var table = new TextTable("name", "runtime", "state", "instances", "waiting", "cold", "invocations", "cost", "memory", "revision", "url")
        {
            Dispensable = ["revision", "url", "memory", "cost", "runtime", "invocations", "cold", "waiting"],
        };
        foreach (var function in functions)
        {
            table.Add(
                function.Name, function.Runtime, function.State, FunctionFigures.Instances(function), Text.Number((long)function.Load.Waiting),
                Text.Percent(FunctionFigures.ColdShare(function)), Text.Number(function.Invocations), Text.Cost(function.Cost), function.MemoryMiB + " MiB",
                function.Revision, function.Url);
        }

        table.Print(context.Terminal);
        return ExitCode.Ok;
    }
}
