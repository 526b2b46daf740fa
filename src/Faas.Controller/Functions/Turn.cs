namespace Faas.Controller.Functions;

/// <summary>Who may change one function now. Taken with <see cref="TakeAsync"/>, given back with <see cref="Dispose"/>; one for each name, kept.</summary>
internal sealed class Turn : IDisposable
{
    private readonly SemaphoreSlim _semaphore = new(1, 1);
    private int _waiting;

    /// <summary>Waits for the turn. False when <paramref name="waitingMax"/> wait already.</summary>
    public async Task<bool> TakeAsync(int waitingMax, CancellationToken ct)
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > waitingMax)
            {
                return false;
            }

            await _semaphore.WaitAsync(ct);
            return true;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Ends the turn.</summary>
    public void Dispose() => _semaphore.Release();
}
