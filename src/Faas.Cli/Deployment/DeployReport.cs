using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Deployment;

/// <summary>Prints plans and outcomes.</summary>
internal static class DeployReport
{
    private const int ValueLengthMax = 60;

    public static void PrintPlans(IReadOnlyList<PackedFunction> functions, TextWriter output)
    {
        foreach (var function in functions.Where(function => function.Plan is not { Change: DeployOutcome.Unchanged }))
        {
            output.WriteLine(function.Plan!.Change == "create" ? $"+ {function.Name}  (new, {function.Spec.Runtime})" : $"~ {function.Name}");
            foreach (var change in function.Plan.Changes)
            {
                output.WriteLine($"    {change.Field}: {Show(change.From)} -> {Show(change.To)}");
            }
        }

        var unchanged = functions.Count(function => function.Plan is { Change: DeployOutcome.Unchanged });
        if (unchanged > 0)
        {
            output.WriteLine($"= {Text.Count(unchanged, "function")} unchanged");
        }
    }

    public static void PrintOutcomes(IReadOnlyList<DeployOutcome> outcomes, Terminal terminal)
    {
        if (outcomes.Count == 0)
        {
            return;
        }

        var table = new TextTable("function", "result", "revision", "built in", "started in", "url") { Dispensable = ["revision", "built in"] };
        foreach (var outcome in outcomes)
        {
            table.Add(outcome.Name, outcome.Result, outcome.Revision ?? "", Show(outcome.BuiltIn), Show(outcome.StartedIn), outcome.Url ?? "");
        }

        table.Print(terminal);
    }

    /// <summary>Each failure on stderr: a line with its function's name, its diagnostics and log lines below it.</summary>
    public static void PrintFailures(IEnumerable<DeployOutcome> outcomes, Terminal terminal)
    {
        foreach (var outcome in outcomes.Where(outcome => outcome.IsFailure))
        {
            var problem = outcome.Problem!;
            terminal.Error("error", $"{outcome.Name}: {(problem.Detail.Length > 0 ? problem.Detail : problem.Title)}");
            Errors.PrintDetails(problem);
        }
    }

    /// <summary>4 when a function was refused, 1 when one failed otherwise.</summary>
    public static ExitCode ExitCodeOf(IReadOnlyList<DeployOutcome> outcomes) =>
        outcomes.Any(outcome => outcome.Result == DeployOutcome.Refused) ? ExitCode.Refused
        : outcomes.Any(outcome => outcome.IsFailure) ? ExitCode.Error
        : ExitCode.Ok;

    private static string Show(TimeSpan? span) => span is { } value ? Text.Duration(value) : "";

    private static string Show(string? value) => value is null ? "(none)" : Text.Shorten(value.ReplaceLineEndings(" "), ValueLengthMax);
}
