using System.Collections.Concurrent;
using System.Net;
using Faas.Cli.CommandLine;
using Faas.Cli.Manifest;
using Faas.Cli.Packaging;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;

namespace Faas.Cli.Deployment;

/// <summary>
/// Brings functions to the platform: packs them, asks what would change, uploads what it does not have, deploys. One function's failure does not
/// stop the others; an unreachable platform and a refused key do.
/// </summary>
internal sealed class Deployer(FaasClient client, Packager packager, DeployProgress progress)
{
    /// <summary>The platform compiles and starts each function it is given; more at once only makes all of them slower.</summary>
    private const int Parallelism = 4;

    private readonly ConcurrentDictionary<string, DeployOutcome> _failures = new(StringComparer.Ordinal);

    /// <summary>Packs and plans. What failed is left out, and found in <see cref="Failures"/>.</summary>
    public async Task<IReadOnlyList<PackedFunction>> PrepareAsync(IReadOnlyList<ManifestFunction> functions, CancellationToken cancellationToken)
    {
        var prepared = new ConcurrentDictionary<string, PackedFunction>(StringComparer.Ordinal);
        await ForEachAsync(functions, function => function.Name, async (function, token) =>
        {
            progress.Working(function.Name, "packing");
            var packed = await PackAsync(function, token);
            prepared[function.Name] = packed with { Plan = await client.PlanAsync(packed.Spec, token) };
        }, cancellationToken);
        return [.. functions.Select(function => prepared.GetValueOrDefault(function.Name)).OfType<PackedFunction>()];
    }

    /// <summary>Deploys what its plan says is new or changed.</summary>
    public async Task<IReadOnlyList<DeployOutcome>> DeployAsync(IReadOnlyList<PackedFunction> functions, CancellationToken cancellationToken)
    {
        var outcomes = new ConcurrentDictionary<string, DeployOutcome>(StringComparer.Ordinal);
        await ForEachAsync(functions, function => function.Name, async (function, token) =>
        {
            outcomes[function.Name] = function.Plan is { Change: DeployOutcome.Unchanged }
                ? new DeployOutcome(function.Name, DeployOutcome.Unchanged)
                : await DeployOneAsync(function, token);
        }, cancellationToken);
        return [.. functions.Select(function => outcomes.GetValueOrDefault(function.Name)).OfType<DeployOutcome>()];
    }

    /// <summary>Functions that could not be packed, planned or deployed.</summary>
    public IReadOnlyList<DeployOutcome> Failures => [.. _failures.Values.OrderBy(outcome => outcome.Name, StringComparer.Ordinal)];

    private async Task<PackedFunction> PackAsync(ManifestFunction function, CancellationToken cancellationToken)
    {
        var spec = DefaultHandler.Apply(function.Spec, function.Source);
        if (function.Source is null)
        {
            return new PackedFunction(spec, null);
        }

        var bundle = await packager.PackAsync(function, tool => progress.Tool(function.Name, tool), cancellationToken);
        return new PackedFunction(WithPythonPath(spec, function.Source) with { CodeDigest = bundle.Digest }, bundle);
    }

    /// <summary>A command finds what pip installed for it; handlers need no such variable, their runtime knows the folder.</summary>
    private static FunctionSpec WithPythonPath(FunctionSpec spec, string source) =>
        spec.Runtime == Runtimes.Http && !spec.Env.ContainsKey("PYTHONPATH") && Preparation.For(spec, source).Kind == PreparationKind.Pip
            ? spec with { Env = new Dictionary<string, string>(spec.Env) { ["PYTHONPATH"] = ".deps" } }
            : spec;

    private async Task<DeployOutcome> DeployOneAsync(PackedFunction function, CancellationToken cancellationToken)
    {
        if (function.Bundle is { } bundle && !await client.HasBundleAsync(bundle.Digest, cancellationToken))
        {
            progress.Working(function.Name, "uploading");
            await using var content = File.OpenRead(bundle.Path);
            await client.UploadBundleAsync(bundle.Digest, content, cancellationToken);
        }

        progress.Working(function.Name, "starting once");
        var result = await client.DeployAsync(function.Spec, cancellationToken);
        progress.Done(function.Name);
        return new DeployOutcome(result.Name, result.Change, result.Revision, result.Url, result.StartedIn, result.BuiltIn);
    }

    private Task ForEachAsync<T>(IEnumerable<T> items, Func<T, string> name, Func<T, CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(items, options, async (item, token) =>
        {
            try
            {
                await act(item, token);
            }
            catch (CliException e)
            {
                Fail(name(item), e.ExitCode == ExitCode.Refused ? DeployOutcome.Refused : DeployOutcome.Failed, e.ToProblem());
            }
            catch (FaasApiException e) when (e.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
            {
                Fail(name(item), Errors.ExitCodeOf(e) == ExitCode.Refused ? DeployOutcome.Refused : DeployOutcome.Failed, Advise(e));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Fail(name(item), DeployOutcome.Failed, new ApiProblem { Error = "Error", Detail = Output.Text.FirstLine(e.Message) });
            }
        });
    }

    private void Fail(string name, string result, ApiProblem problem)
    {
        progress.Done(name);
        _failures[name] = new DeployOutcome(name, result, Problem: problem);
    }

    private static ApiProblem Advise(FaasApiException e) => e.StatusCode == HttpStatusCode.Conflict
        ? e.Problem with { Detail = $"{e.Problem.Detail.TrimEnd('.')}. Another deploy of this function is under way; deploy again when it is done." }
        : e.Problem;
}
