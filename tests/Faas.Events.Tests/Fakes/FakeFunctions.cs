using System.Collections.Concurrent;
using Faas.Contracts.Functions;

namespace Faas.Events.Tests;

/// <summary>Functions that are deployed as a test says.</summary>
internal sealed class FakeFunctions : IFunctionDirectory, IDeployments
{
    private readonly ConcurrentDictionary<string, FunctionSpec> _functions = new();

    public event Action<DeploymentChange>? Changed;

    public IEnumerable<FunctionSpec> All => _functions.Values;

    public void Deploy(string name, AsyncSpec? policy = null, int maxInstances = 10, string? topic = null) =>
        Deploy(name, policy, maxInstances, topic is null ? null : [new TriggerSpec { Topic = topic }]);

    public void Deploy(string name, params IReadOnlyList<TriggerSpec> triggers) => Deploy(name, null, 10, triggers);

    public void Deploy(string name, AsyncSpec? policy, int maxInstances, IReadOnlyList<TriggerSpec>? triggers)
    {
        _functions[name] = new FunctionSpec { Name = name, Runtime = Runtimes.Python, MaxInstances = maxInstances, Async = policy, Triggers = triggers };
        Changed?.Invoke(new DeploymentChange(name, IsDeletion: false));
    }

    public void Delete(string name)
    {
        _functions.TryRemove(name, out _);
        Changed?.Invoke(new DeploymentChange(name, IsDeletion: true));
    }

    public FunctionSpec? Find(string function) => _functions.GetValueOrDefault(function);
}
