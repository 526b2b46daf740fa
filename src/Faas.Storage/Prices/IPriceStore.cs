namespace Faas.Storage;

/// <summary>The prices that were ever in force. What was added is never changed or removed, because usage records name it.</summary>
public interface IPriceStore
{
    /// <summary>All of them, the oldest first.</summary>
    Task<IReadOnlyList<StoredPrices>> ListAsync(CancellationToken ct);

    /// <summary>Adds prices that are in force from <paramref name="since"/> on.</summary>
    /// <returns>Their version: 1 for the first, then one more each time.</returns>
    Task<int> AddAsync(DateTimeOffset since, string terms, CancellationToken ct);
}

/// <summary>Prices as they are kept.</summary>
/// <param name="Version">The number that usage records have, from 1 on.</param>
/// <param name="Since">From when on they were in force.</param>
/// <param name="Terms">They themselves, JSON; the store does not look into it.</param>
public sealed record StoredPrices(int Version, DateTimeOffset Since, string Terms);
