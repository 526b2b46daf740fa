using Faas.Cli.Packaging;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;

namespace Faas.Cli.Deployment;

/// <summary>A function on its way to the platform: complete spec and bundle, and later the plan.</summary>
/// <param name="Spec">With its code digest.</param>
/// <param name="Bundle">Null for a function that is only an image.</param>
/// <param name="Plan">What deploying it would change; null until it was asked for.</param>
internal sealed record PackedFunction(FunctionSpec Spec, Bundle? Bundle, DeployPlan? Plan = null)
{
    public string Name => Spec.Name;
}
