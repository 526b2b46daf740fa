namespace Faas.Events;

/// <summary>Secrets that specs may name instead of holding them. Thread-safe.</summary>
public interface ISecrets
{
    /// <summary>Raised after a secret was set or deleted, with its name, when <see cref="FindAsync"/> shows it. Handlers return at once.</summary>
    event Action<string>? Changed;

    /// <summary>The secret's value; null when there is none of this name. Asked for each webhook, so it must be fast.</summary>
    Task<string?> FindAsync(string name, CancellationToken ct);
}
