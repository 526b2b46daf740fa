using Faas.Cli.CommandLine;
using Faas.Cli.Deployment;
using Faas.Cli.Manifest;
using Faas.Cli.Output;
using Faas.Cli.Supervision;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary>What <c>faas up</c> prints when it is up.</summary>
internal static class UpReport
{
    /// <summary>A terminal's worth; `faas list` shows all.</summary>
    private const int FunctionsShown = 30;

    public static void Print(
        VerbContext context, RunningPlatform running, PlatformDescription platform, ManifestFile? manifest, IReadOnlyList<FunctionSummary> functions,
        IReadOnlyList<DeployOutcome> outcomes)
    {
        if (context.WantsJson)
        {
            var report = new StartReport(Environment.ProcessId, RunningPlatform.Origin(running.PublicUrl), RunningPlatform.Origin(running.AdminUrl), platform, functions, outcomes);
            Console.Out.WriteLine(System.Text.Json.JsonSerializer.Serialize(report, CliJson.Default.StartReport));
            DeployReport.PrintFailures(outcomes, context.Terminal);
            return;
        }

        PrintPlatform(context, running, platform);
        if (functions.Count + outcomes.Count > 0)
        {
            PrintFunctions(context, functions, outcomes);
        }

        DeployReport.PrintFailures(outcomes, context.Terminal);
        if (!platform.IsIsolated)
        {
            context.Terminal.Error("warning", "NO ISOLATION: " + platform.Isolation);
        }

        PrintCalls(functions, manifest);
        Terminal.Line("ready; Ctrl-C stops it");
    }

    private static void PrintPlatform(VerbContext context, RunningPlatform running, PlatformDescription platform)
    {
        var table = new TextTable("", "");
        table.Add("functions at", RunningPlatform.Origin(running.PublicUrl) + "/function/NAME");
        table.Add("management at", RunningPlatform.Origin(running.AdminUrl));
        table.Add("data folder", context.Data.Root);
        table.Add("sandbox", $"{platform.Sandbox}: {platform.Isolation}");
        foreach (var runtime in platform.Runtimes)
        {
            table.Add(runtime.Name, runtime.IsAvailable ? $"{runtime.Version} {(runtime.Hint.Length > 0 ? $"({runtime.Hint})" : "")}".Trim() : "missing: " + runtime.Hint);
        }

        table.Print(context.Terminal);
    }

    private static void PrintFunctions(VerbContext context, IReadOnlyList<FunctionSummary> functions, IReadOnlyList<DeployOutcome> outcomes)
    {
        var results = outcomes.ToDictionary(outcome => outcome.Name, StringComparer.Ordinal);
        var table = new TextTable("function", "runtime", "state", "deployed", "started in");
        foreach (var function in functions.Take(FunctionsShown))
        {
            var outcome = results.GetValueOrDefault(function.Name);
            table.Add(function.Name, function.Runtime, function.State, outcome?.Result ?? "before", outcome?.StartedIn is { } started ? Text.Duration(started) : "");
        }

        // Those that were refused and have no earlier revision do not exist on the platform.
        foreach (var outcome in outcomes.Where(outcome => outcome.IsFailure && functions.All(function => function.Name != outcome.Name)))
        {
            table.Add(outcome.Name, "", "", outcome.Result, "");
        }

        Terminal.Line();
        table.Print(context.Terminal);
        if (functions.Count > FunctionsShown)
        {
            Terminal.Line($"... and {functions.Count - FunctionsShown} more; `faas list` shows all");
        }
    }

    private static void PrintCalls(IReadOnlyList<FunctionSummary> functions, ManifestFile? manifest)
    {
        Terminal.Line();
        foreach (var function in functions.Take(FunctionsShown))
        {
            Terminal.Line(ManifestFunction.CallOf(manifest?.Functions.FirstOrDefault(own => own.Name == function.Name), function.Name, new Uri(function.Url)));
        }

        if (functions.Count == 0)
        {
            Terminal.Line("No functions yet: `faas init hello --runtime python`, then `faas deploy`.");
        }
    }
}
