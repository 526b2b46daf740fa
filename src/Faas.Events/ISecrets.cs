namespace Faas.Events;

/// <summary>Secrets that specs may name instead of holding them. Thread-safe.</summary>
public interface ISecrets
{
    /// <summary>The secret's value; null when there is none of this name.</summary>
    Task<string?> FindAsync(string name, CancellationToken ct);
}
