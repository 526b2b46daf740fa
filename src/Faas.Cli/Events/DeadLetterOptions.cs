using System.CommandLine;
using System.Net;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Cli.Verbs;
using Faas.Contracts.Api;

namespace Faas.Cli.Events;

/// <summary>Which dead letters a verb is about: some by their ids, a function's, or all. Never all because nothing was said.</summary>
internal static class DeadLetterOptions
{
    public static readonly Argument<string[]> Ids = InvocationArgument.Several(ArgumentArity.ZeroOrMore);

    public static readonly Option<string?> Function = FunctionArgument.Option("--function", "All dead letters of this function");

    public static readonly Option<bool> All = new("--all") { Description = "All dead letters of all functions" };

    public static DeadLetterSelection Read(VerbContext context)
    {
        var ids = context.Value(Ids)!.Select(InvocationArgument.IdOf).Distinct().ToArray();
        var function = context.Value(Function) is { } given ? VerbContext.FunctionNameOf(given) : null;
        var all = context.Value(All);
        return new[] { ids.Length > 0, function is not null, all }.Count(chosen => chosen) == 1
            ? new DeadLetterSelection(ids, function)
            : throw new CliException(ExitCode.Usage, "Which dead letters? Give their ids, or --function NAME, or --all; `faas dlq list` shows them.");
    }
}

/// <summary>Dead letters: those of <paramref name="Ids"/>, else those of <paramref name="Function"/>, else all.</summary>
internal sealed record DeadLetterSelection(IReadOnlyList<string> Ids, string? Function)
{
    /// <summary>In a question.</summary>
    public override string ToString() => Ids.Count switch
    {
        1 => $"dead letter {Ids[0]}",
        > 1 => $"{Ids.Count} dead letters",
        _ => Function is null ? "all dead letters of all functions" : $"all dead letters of '{Function}'",
    };

    /// <summary>Does <paramref name="act"/> (id, function) to them and says to how many. Ids that are none are told one by one, and the others go on.</summary>
    public async Task<ExitCode> ApplyAsync(VerbContext context, Func<string?, string?, Task<int>> act, string done)
    {
        var (count, exitCode) = (0, ExitCode.Ok);
        if (Ids.Count == 0)
        {
            count = await act(null, Function);
        }

        foreach (var id in Ids)
        {
            try
            {
                count += await act(id, null);
            }
            catch (FaasApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
            {
                context.Terminal.Error("error", $"There is no dead letter '{id}'; `faas dlq list` shows them.");
                exitCode = ExitCode.NotFound;
            }
        }

        if (context.WantsJson)
        {
            Json.Print(new EventCount(count));
        }
        else
        {
            Terminal.Line($"{Text.Number((long)count)} dead letter{(count == 1 ? "" : "s")} {done}");
        }

        return exitCode;
    }
}
