namespace Faas.Storage;

/// <summary>
/// Secrets: texts of 1 byte to 64 KiB (UTF-8) under names. Durable like <see cref="IFunctionStore"/>; every write may be repeated safely. What is written down is sealed with a key that the
/// store does not have (<see cref="SecretKey"/>).
/// </summary>
public interface ISecretStore
{
    /// <summary>Makes a secret, or gives it another value.</summary>
    Task SetAsync(string name, string value, DateTimeOffset at, CancellationToken ct);

    /// <summary>A secret's value; null when there is none of this name.</summary>
    /// <exception cref="StoreException"><see cref="StoreFailure.WrongKey"/>: it was sealed with another key. <see cref="StoreFailure.Damaged"/>: it is not what was written.</exception>
    Task<string?> FindAsync(string name, CancellationToken ct);

    /// <summary>All secrets without their values, by name.</summary>
    Task<IReadOnlyList<StoredSecret>> ListAsync(CancellationToken ct);

    /// <summary>Forgets a secret. False when there was none of this name.</summary>
    Task<bool> DeleteAsync(string name, CancellationToken ct);
}
