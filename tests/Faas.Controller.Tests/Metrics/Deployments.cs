using Faas.Contracts.Functions;
using Faas.Events;

namespace Faas.Controller.Tests.Metrics;

/// <summary>What a test says is deployed.</summary>
internal sealed class Deployments : IDeployments
{
    public event Action<DeploymentChange>? Changed
    {
        add { }
        remove { }
    }

    public HashSet<string> Names { get; } = [];

    public IEnumerable<FunctionSpec> All => Names.Select(name => new FunctionSpec { Name = name, Runtime = Runtimes.Python });
}
