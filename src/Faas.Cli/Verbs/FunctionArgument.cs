using System.CommandLine;
using System.CommandLine.Completions;
using Faas.Cli.CommandLine;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary>The NAME of verbs about one function. Shells complete it with the functions that exist.</summary>
internal static class FunctionArgument
{
    /// <summary>A completion that takes longer than this is worse than none.</summary>
    private static readonly TimeSpan CompletionTimeout = TimeSpan.FromSeconds(1);

    public static Argument<string> Required() => WithCompletion(new Argument<string>("NAME") { Description = "The function" });

    public static Argument<string?> Optional() => WithCompletion(new Argument<string?>("NAME") { Description = "The function", Arity = ArgumentArity.ZeroOrOne });

    public static Argument<string?> Part() =>
        WithCompletion(new Argument<string?>("NAME") { Description = "Only functions whose name contains this", Arity = ArgumentArity.ZeroOrOne });

    public static Argument<string[]> Several() => WithCompletion(new Argument<string[]>("NAME") { Description = "The functions", Arity = ArgumentArity.OneOrMore });

    /// <summary>The same as an option.</summary>
    public static Option<string?> Option(string name, string description)
    {
        var option = new Option<string?>(name) { HelpName = "NAME", Description = description };
        option.CompletionSources.Add(Names);
        return option;
    }

    private static TArgument WithCompletion<TArgument>(TArgument argument)
        where TArgument : Argument
    {
        argument.CompletionSources.Add(Names);
        return argument;
    }

    private static IEnumerable<CompletionItem> Names(CompletionContext context)
    {
        try
        {
            // Completion sources are synchronous, and nothing else runs in this process then.
            using var timeout = new CancellationTokenSource(CompletionTimeout);
            using var client = PlatformAddress.Connect(context.ParseResult, PlatformAddress.DataFolderOf(context.ParseResult));
            var functions = Task.Run(() => client.ListFunctionsAsync(timeout.Token)).GetAwaiter().GetResult();
            return [.. functions.Select(function => new CompletionItem(function.Name))];
        }
        catch (Exception e) when (e is FaasApiException or FaasUnreachableException or CliException or OperationCanceledException)
        {
            return [];
        }
    }
}
