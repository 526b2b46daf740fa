using System.Collections.Concurrent;

namespace Faas.Events.Tests;

/// <summary>Secrets that a test sets.</summary>
internal sealed class FakeSecrets : ISecrets
{
    private readonly ConcurrentDictionary<string, string> _values = new();

    public event Action<string>? Changed;

    public string this[string name]
    {
        set
        {
            _values[name] = value;
            Changed?.Invoke(name);
        }
    }

    public void Delete(string name)
    {
        _values.TryRemove(name, out _);
        Changed?.Invoke(name);
    }

    public Task<string?> FindAsync(string name, CancellationToken ct) => Task.FromResult(_values.GetValueOrDefault(name));
}
