namespace Faas.Storage;

/// <summary>
/// Functions, their revisions and which revision serves. A completed write is durable: it survives a killed process and a power
/// cut. A cancelled write may or may not have happened; every write may be repeated safely.
/// </summary>
public interface IFunctionStore
{
    /// <summary>Keeps <paramref name="revision"/>. A revision is immutable, so the same id of the same function again changes nothing.</summary>
    Task SaveRevisionAsync(RevisionRecord revision, CancellationToken ct);

    /// <summary>
    /// Lets <paramref name="revision"/> serve, if what serves now is <paramref name="expectedRevision"/>; null expects that the
    /// function does not exist, and creates it. Atomic: of several callers with the same expectation exactly one gets true.
    /// </summary>
    /// <exception cref="StoreException">The expectation holds, but the function has no such revision.</exception>
    Task<bool> SetServingAsync(string function, string revision, DateTimeOffset at, string? expectedRevision, CancellationToken ct);

    /// <summary>Removes the function, its revisions and what is kept of its triggers; its usage stays. False when there is no such function.</summary>
    Task<bool> DeleteFunctionAsync(string function, CancellationToken ct);

    /// <summary>All functions with the revision that serves, by name.</summary>
    Task<IReadOnlyList<ServingFunction>> ListServingAsync(CancellationToken ct);
}
