using Faas.Storage;

namespace Faas.Events;

/// <summary>The attempts that run here: what renews their leases, and what tells them to stop. Thread-safe.</summary>
internal sealed class RunningAttempts
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (ClaimKey Claim, CancellationTokenSource Stop)> _running = new(StringComparer.Ordinal);
    private TaskCompletionSource? _idle;

    /// <summary>The claims that they run under.</summary>
    public IReadOnlyList<ClaimKey> Claims
    {
        get
        {
            lock (_lock)
            {
                return [.. _running.Values.Select(attempt => attempt.Claim)];
            }
        }
    }

    /// <summary>What tells the attempt to stop. Cancelled when it is not known any more: another one has its claim.</summary>
    public CancellationToken StopOf(ClaimKey claim)
    {
        lock (_lock)
        {
            return _running.TryGetValue(claim.Id, out var found) && found.Claim == claim ? found.Stop.Token : new CancellationToken(canceled: true);
        }
    }

    /// <summary>An attempt is ours from now on. An older one of the same entry, which has lost its claim, is told to stop.</summary>
    public void Begin(ClaimKey claim)
    {
        var stop = new CancellationTokenSource();
        CancellationTokenSource? earlier;
        lock (_lock)
        {
            earlier = _running.TryGetValue(claim.Id, out var other) ? other.Stop : null;
            _running[claim.Id] = (claim, stop);
        }

        earlier?.Cancel();
    }

    /// <summary>The attempt is over.</summary>
    public void End(ClaimKey claim)
    {
        lock (_lock)
        {
            if (_running.TryGetValue(claim.Id, out var found) && found.Claim == claim)
            {
                _running.Remove(claim.Id);
            }

            if (_running.Count == 0)
            {
                _idle?.TrySetResult();
            }
        }
    }

    /// <summary>Tells the attempt of an entry to stop, if one runs here.</summary>
    public void Stop(string id)
    {
        CancellationTokenSource? stop;
        lock (_lock)
        {
            stop = _running.TryGetValue(id, out var found) ? found.Stop : null;
        }

        stop?.Cancel();
    }

    /// <summary>Tells this attempt to stop, if it runs here.</summary>
    public void Stop(ClaimKey claim)
    {
        CancellationTokenSource? stop;
        lock (_lock)
        {
            stop = _running.TryGetValue(claim.Id, out var found) && found.Claim == claim ? found.Stop : null;
        }

        stop?.Cancel();
    }

    /// <summary>Completes when none runs.</summary>
    public Task WaitUntilIdleAsync()
    {
        lock (_lock)
        {
            if (_running.Count == 0)
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }
}
