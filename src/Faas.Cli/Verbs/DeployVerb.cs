using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Deployment;
using Faas.Cli.Manifest;
using Faas.Cli.Output;
using Faas.Cli.Packaging;
using Faas.Cli.Supervision;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary><c>faas deploy</c>: from a manifest to running revisions.</summary>
internal static class DeployVerb
{
    private static readonly Argument<string> ManifestPath = new("PATH")
    {
        Description = "Folder with a faas.yaml, or the file itself",
        Arity = ArgumentArity.ZeroOrOne,
        DefaultValueFactory = _ => ".",
    };

    private static readonly Option<string[]> Only = new("--only")
    {
        HelpName = "NAME", Description = "Deploy only this function (may be repeated)", AllowMultipleArgumentsPerToken = false, DefaultValueFactory = _ => [],
    };

    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Show what would change, and change nothing" };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask" };

    public static Command Create()
    {
        var verb = new Verb(
            "deploy", "Deploy the functions of a manifest; each must start once before it takes over",
            "faas deploy                        the faas.yaml of this folder",
            "faas deploy shop --only checkout   one function of another folder",
            "faas deploy --dry-run              show what would change")
        {
            ManifestPath, Only, DryRun, Yes,
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var manifest = ManifestFile.Load(context.Value(ManifestPath)!);
        var functions = Select(manifest, context.Value(Only)!);
        using var client = context.Connect();
        using var packager = new Packager(new PackageCache(context.Data), BundleLimits.Standard, PlatformParts.FunctionSdk, context.Time);
        var progress = new DeployProgress(context.Terminal);
        var deployer = new Deployer(client, packager, progress);

        var prepared = await progress.ShowAsync("packing", () => deployer.PrepareAsync(functions, cancellationToken));
        if (context.Value(DryRun))
        {
            return ReportPlans(context, prepared, deployer);
        }

        if (!context.WantsJson)
        {
            DeployReport.PrintPlans(prepared, Console.Out);
        }

        if (!MayGoOn(context, prepared))
        {
            Terminal.Note("Nothing was deployed.");
            return ExitCode.Error;
        }

        var deployed = await progress.ShowAsync("deploying", () => deployer.DeployAsync(prepared, cancellationToken));
        IReadOnlyList<DeployOutcome> outcomes = [.. deployed, .. deployer.Failures];
        Report(context, outcomes);
        return DeployReport.ExitCodeOf(outcomes);
    }

    private static IReadOnlyList<ManifestFunction> Select(ManifestFile manifest, string[] names)
    {
        foreach (var name in names)
        {
            if (manifest.Functions.All(function => function.Name != name))
            {
                var known = manifest.Functions.Select(function => function.Name).ToArray();
                var hint = Suggestion.For(name, known) is { } suggestion ? $"did you mean '{suggestion}'?" : "it has " + string.Join(", ", known.Take(20)) + ".";
                throw new CliException(ExitCode.NotFound, $"{manifest.Path} has no function '{Text.Shorten(name)}'; {hint}");
            }
        }

        return names.Length == 0 ? manifest.Functions : [.. manifest.Functions.Where(function => names.Contains(function.Name))];
    }

    private static bool MayGoOn(VerbContext context, IReadOnlyList<PackedFunction> prepared)
    {
        var changing = prepared.Count(function => function.Plan is not { Change: DeployOutcome.Unchanged });
        return changing == 0 || context.Value(Yes) || context.WantsJson || !Terminal.IsInteractive
            || Terminal.Confirm($"Deploy {Text.Count(changing, "function")}?", standard: true);
    }

    private static ExitCode ReportPlans(VerbContext context, IReadOnlyList<PackedFunction> prepared, Deployer deployer)
    {
        if (context.WantsJson)
        {
            Json.Print<IReadOnlyList<DeployPlan>>([.. prepared.Select(function => function.Plan!)]);
        }
        else
        {
            DeployReport.PrintPlans(prepared, Console.Out);
        }

        DeployReport.PrintFailures(deployer.Failures, context.Terminal);
        return DeployReport.ExitCodeOf(deployer.Failures);
    }

    private static void Report(VerbContext context, IReadOnlyList<DeployOutcome> outcomes)
    {
        if (context.WantsJson)
        {
            Json.Print(outcomes);
        }
        else
        {
            DeployReport.PrintOutcomes([.. outcomes.Where(outcome => outcome.Result != DeployOutcome.Unchanged)], context.Terminal);
        }

        DeployReport.PrintFailures(outcomes, context.Terminal);
    }
}
