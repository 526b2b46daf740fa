using Faas.Storage;

namespace Faas.Events;

/// <summary>Gives entries to whoever runs them.</summary>
public interface IAttemptTransport
{
    /// <summary>Runs one attempt. Cancelled, it is told to stop. Throws nothing else than <see cref="OperationCanceledException"/>.</summary>
    Task<AttemptResult> RunAsync(Claim claim, CancellationToken ct);
}
