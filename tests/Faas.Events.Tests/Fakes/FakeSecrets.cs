using System.Collections.Concurrent;

namespace Faas.Events.Tests;

/// <summary>Secrets that a test sets.</summary>
internal sealed class FakeSecrets : ISecrets
{
    private readonly ConcurrentDictionary<string, string> _values = new();

    public string this[string name]
    {
        set => _values[name] = value;
    }

    public Task<string?> FindAsync(string name, CancellationToken ct) => Task.FromResult(_values.GetValueOrDefault(name));
}
