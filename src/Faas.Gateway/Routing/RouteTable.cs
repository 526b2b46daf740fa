using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Faas.Gateway.Routing;

/// <summary>Functions by name. Read by every request without lock or allocation; written only by the link's reader.</summary>
internal sealed class RouteTable
{
    private readonly ConcurrentDictionary<string, FunctionRoute> _routes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, FunctionRoute>.AlternateLookup<ReadOnlySpan<char>> _byName;
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RouteTable() => _byName = _routes.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Completes when the first complete picture has arrived. Before that, an unknown function may only be unknown as yet.</summary>
    public Task FirstSync => _synced.Task;

    /// <summary>Every route.</summary>
    public IEnumerable<FunctionRoute> All => _routes.Values;

    /// <summary>The route of a function.</summary>
    public bool TryFind(ReadOnlySpan<char> name, [MaybeNullWhen(false)] out FunctionRoute route) => _byName.TryGetValue(name, out route);

    /// <summary>Sets a function's route and returns the one it replaces.</summary>
    public FunctionRoute? Set(FunctionRoute route)
    {
        _routes.TryGetValue(route.Function, out var earlier);
        _routes[route.Function] = route;
        return earlier;
    }

    /// <summary>Removes a function's route and returns it.</summary>
    public FunctionRoute? Remove(string function) => _routes.TryRemove(function, out var removed) ? removed : null;

    /// <summary>Says that the picture is complete.</summary>
    public void MarkSynced() => _synced.TrySetResult();
}
