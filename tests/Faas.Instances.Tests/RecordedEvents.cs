using System.Collections.Concurrent;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Instances.Tests;

/// <summary>Remembers events and lets tests wait for them.</summary>
internal sealed class RecordedEvents : IInstanceEvents
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<(InvocationError Error, string Detail)>> _exits = new();
    private readonly List<(Func<bool> Condition, TaskCompletionSource Done)> _waits = [];
    private readonly Lock _lock = new();

    public ConcurrentQueue<(string InstanceId, InvocationError Error, string Detail)> Exits { get; } = new();

    public ConcurrentQueue<LogLine> Lines { get; } = new();

    /// <summary>While it is not set, who reports a line waits.</summary>
    public ManualResetEventSlim TakesLines { get; } = new(true);

    /// <summary>Released by who waits so.</summary>
    public SemaphoreSlim LineWaits { get; } = new(0);

    public void Exited(string instanceId, string revision, InvocationError outcome, string detail)
    {
        Exits.Enqueue((instanceId, outcome, detail));
        Source(instanceId).TrySetResult((outcome, detail));
        Check();
    }

    public void Log(string functionName, LogLine line)
    {
        if (!TakesLines.IsSet)
        {
            LineWaits.Release();
            TakesLines.Wait();
        }

        Lines.Enqueue(line);
        Check();
    }

    public void StemsChanged() => Check();

    /// <summary>The instance's end.</summary>
    public Task<(InvocationError Error, string Detail)> ExitOf(string instanceId) => Source(instanceId).Task.WaitAsync(TestHost.Patience);

    /// <summary>Completes when <paramref name="condition"/> holds, looking again after each event.</summary>
    public Task UntilAsync(Func<bool> condition)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waits.Add((condition, done));
        }

        Check();
        return done.Task.WaitAsync(TestHost.Patience);
    }

    private TaskCompletionSource<(InvocationError Error, string Detail)> Source(string id) =>
        _exits.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    private void Check()
    {
        lock (_lock)
        {
            foreach (var wait in _waits.Where(w => w.Condition()).ToList())
            {
                _waits.Remove(wait);
                wait.Done.TrySetResult();
            }
        }
    }
}
