using System.Collections.Concurrent;
using Faas.Contracts.Functions;

namespace Faas.Events.Tests;

/// <summary>Functions that are deployed as a test says.</summary>
internal sealed class FakeFunctions : IFunctionDirectory, ITopics
{
    private readonly ConcurrentDictionary<string, FunctionSpec> _functions = new();

    public void Deploy(string name, AsyncSpec? policy = null, int maxInstances = 10, string? topic = null) => _functions[name] = new FunctionSpec
    {
        Name = name,
        Runtime = Runtimes.Python,
        MaxInstances = maxInstances,
        Async = policy,
        Triggers = topic is null ? null : [new TriggerSpec { Topic = topic }],
    };

    public void Delete(string name) => _functions.TryRemove(name, out _);

    public FunctionSpec? Find(string function) => _functions.GetValueOrDefault(function);

    public IReadOnlyList<string> SubscribersOf(string topic) =>
        [.. _functions.Values.Where(function => function.Triggers?.Any(trigger => trigger.Topic == topic) == true).Select(function => function.Name).Order(StringComparer.Ordinal)];
}
