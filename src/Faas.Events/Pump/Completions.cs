using System.Collections.Concurrent;

namespace Faas.Events;

/// <summary>Lets callers wait for the end of an entry. Thread-safe.</summary>
public sealed class Completions
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);

    /// <summary>Completes when the entry ends from now on. Look at the store after this and before waiting: it may have ended before.</summary>
    public Task Of(string id) => _waiting.GetOrAdd(id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>The entry has ended, and the store knows it.</summary>
    public void Signal(string id)
    {
        if (_waiting.TryRemove(id, out var waiting))
        {
            waiting.TrySetResult();
        }
    }

    /// <summary>Nobody waits for it any more; what still waits for it is woken, looks, and waits again.</summary>
    public void Forget(string id) => Signal(id);
}
