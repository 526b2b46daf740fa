using Faas.Events;
using Faas.Storage;

namespace Faas.Controller.Secrets;

/// <summary>
/// The platform's secrets: those of the store, and behind them those of the configuration (<c>Faas:Secrets:{name}</c>, in <c>faas.json</c> or as an environment variable
/// <c>Faas__Secrets__{name}</c>). What was asked for is kept in memory: webhooks ask for each request, and nobody else writes to the store.
/// </summary>
internal sealed class PlatformSecrets(ISecretStore store, IConfiguration configuration, TimeProvider time) : ISecrets
{
    /// <summary>Names that are kept, those of secrets that there are not included. More than all specs of a platform name; beyond, it begins anew.</summary>
    private const int KeptMax = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, string?> _kept = new(StringComparer.Ordinal);
    private long _writes;

    /// <inheritdoc/>
    public event Action<string>? Changed;

    /// <inheritdoc/>
    /// <exception cref="StoreException">The secret is there and cannot be opened.</exception>
    public async Task<string?> FindAsync(string name, CancellationToken ct)
    {
        long writes;
        lock (_lock)
        {
            if (_kept.TryGetValue(name, out var kept))
            {
                return kept;
            }

            writes = _writes;
        }

        var value = await store.FindAsync(name, ct) ?? (configuration[$"Faas:Secrets:{name}"] is { Length: > 0 } configured ? configured : null);
        lock (_lock)
        {
            if (writes == _writes)   // else what was read may be what was there before
            {
                if (_kept.Count >= KeptMax)
                {
                    _kept.Clear();
                }

                _kept[name] = value;
            }
        }

        return value;
    }

    /// <summary>All secrets of the store without their values, by name.</summary>
    public Task<IReadOnlyList<StoredSecret>> ListAsync(CancellationToken ct) => store.ListAsync(ct);

    /// <summary>Makes a secret, or gives it another value; durably, also when nobody waits for it any more.</summary>
    public async Task SetAsync(string name, string value)
    {
        await store.SetAsync(name, value, time.GetUtcNow(), CancellationToken.None);
        Forget(name);
    }

    /// <summary>Forgets a secret of the store. False when there is none of this name.</summary>
    public async Task<bool> DeleteAsync(string name)
    {
        var isDeleted = await store.DeleteAsync(name, CancellationToken.None);
        Forget(name);
        return isDeleted;
    }

    private void Forget(string name)
    {
        lock (_lock)
        {
            _writes++;
            _kept.Remove(name);
        }

        Changed?.Invoke(name);
    }
}
