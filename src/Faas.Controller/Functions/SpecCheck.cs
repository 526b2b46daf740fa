using Faas.Contracts.Functions;
using Faas.Controller.Scaling;
using Faas.Controller.Secrets;
using Faas.Events;
using Faas.Events.Triggers;
using Faas.Instances;
using Faas.Storage;

namespace Faas.Controller.Functions;

/// <summary>Refuses specs that cannot work here, before anything is built.</summary>
internal sealed class SpecCheck(BundleStore bundles, InstanceHost host, TriggerKinds triggers, ISecrets secrets)
{
    /// <summary>Returns when nothing speaks against <paramref name="spec"/>.</summary>
    /// <exception cref="DeployException">Something does.</exception>
    public async Task CheckAsync(FunctionSpec spec, CancellationToken ct)
    {
        var problems = FunctionSpecRules.Check(spec);
        if (problems.Count > 0)
        {
            throw new DeployException(422, "InvalidSpec", "The function's specification is not valid", $"{problems[0].Field}: {problems[0].Message}")
            {
                Diagnostics = [.. problems.Select(p => $"{p.Field}: {p.Message}")],
            };
        }

        if ((spec.Warm.Select(WarmCalendar.ProblemOf).FirstOrDefault(p => p is not null) is { } warm ? $"warm: {warm}" : triggers.ProblemOf(spec) ?? await SecretUses.ProblemOfAsync(spec, secrets, ct)) is { } problem)
        {
            throw new DeployException(422, "InvalidSpec", "The function's specification is not valid", problem) { Diagnostics = [problem] };
        }

        var runtime = spec.Image is not null || spec.Runtime == Runtimes.Http ? Runtimes.DotNet : spec.Runtime;
        if (spec.Image is not null && host.Sandbox.Name != "docker")
        {
            throw new DeployException(422, "InvalidSpec", "No Docker", "functions with an image need the Docker sandbox; start the platform with --sandbox docker");
        }

        if (spec.Image is null && host.Runtimes.FirstOrDefault(r => r.Name == runtime) is { IsAvailable: false } missing)
        {
            throw new DeployException(422, "InvalidSpec", "The runtime is missing", $"runtime '{missing.Name}' is not on this machine: {missing.Hint}");
        }

        if (spec.CodeDigest is { } digest && !await bundles.ExistsAsync(digest, ct))
        {
            throw new DeployException(422, "InvalidBundle", "The bundle is missing", $"no bundle with digest {digest}; upload it with PUT /v1/bundles/{digest} first");
        }
    }
}
