using System.CommandLine;
using System.Net;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary><c>faas delete</c>: takes functions away.</summary>
internal static class DeleteVerb
{
    private static readonly Argument<string[]> Names = FunctionArgument.Several();

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask" };

    public static Command Create()
    {
        var verb = new Verb("delete", "Delete functions; invocations that run end first", "faas delete hello", "faas delete hello goodbye -y") { Names, Yes };
        verb.Aliases.Add("rm");
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var names = context.Value(Names)!.Select(VerbContext.FunctionNameOf).Distinct().ToArray();
        if (!context.Value(Yes) && !MayGoOn(names))
        {
            Terminal.Note("Nothing was deleted.");
            return ExitCode.Error;
        }

        using var client = context.Connect();
        var deleted = new List<string>();
        var exitCode = ExitCode.Ok;
        foreach (var name in names)
        {
            try
            {
                await client.DeleteFunctionAsync(name, cancellationToken);
                deleted.Add(name);
            }
            catch (FaasApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
            {
                context.Terminal.Error("error", $"There is no function '{name}'.");
                exitCode = ExitCode.NotFound;
            }
        }

        Report(context, deleted);
        return exitCode;
    }

    private static void Report(VerbContext context, List<string> deleted)
    {
        if (context.WantsJson)
        {
            Json.Print<IReadOnlyList<string>>(deleted);
            return;
        }

        deleted.ForEach(name => Terminal.Line($"{name} deleted"));
    }

    private static bool MayGoOn(string[] names) => Terminal.IsInteractive
        ? Terminal.Confirm($"Delete {string.Join(", ", names)}?", standard: false)
        : throw new CliException(ExitCode.Usage, "Deleting needs a confirmation, and there is no terminal to ask on; add -y.");
}
