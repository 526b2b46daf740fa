namespace Faas.Runtime.DotNet.Connections;

/// <summary>The threads of a <see cref="SharedConnection"/>: which there are, and which of them rest. Guarded by the connection's lock.</summary>
internal sealed class ServingThreads(Worker worker)
{
    private readonly Stack<ServingThread> _resting = new();
    private readonly List<ServingThread> _all = [];

    /// <summary>All of them, as of now.</summary>
    public List<ServingThread> All => [.. _all];

    /// <summary>One more.</summary>
    public ServingThread Add(SharedConnection connection)
    {
        var another = new ServingThread(connection, worker);
        _all.Add(another);
        return another;
    }

    public void Rest(ServingThread thread) => _resting.Push(thread);

    /// <summary>Calls threads that rest, and starts those that are missing: one for each invocation at most, and one to read.</summary>
    public void Call(int count, SharedConnection connection)
    {
        var most = worker.Function is { } function ? function.Spec.Concurrency + 1 : 1;
        for (; count > 0; count--)
        {
            if (_resting.TryPop(out var thread))
            {
                thread.Call();
            }
            else if (_all.Count < most)
            {
                Start(Add(connection));
            }
        }
    }

    /// <summary>Ends the rest of all.</summary>
    public void CallAll()
    {
        while (_resting.TryPop(out var thread))
        {
            thread.Call();
        }
    }

    /// <summary>A thread that nobody has called for a while leaves, unless somebody does just now.</summary>
    public bool TryLeave(ServingThread thread)
    {
        if (thread.IsCalled)
        {
            return false;
        }

        var others = _resting.Where(other => other != thread).Reverse().ToList();
        _resting.Clear();
        others.ForEach(_resting.Push);
        return thread.MayLeave && _all.Remove(thread);
    }

    private static void Start(ServingThread thread) => Worker.StartThread(() =>
    {
        using (thread)
        {
            thread.Serve(mayLeave: true);
        }
    });
}
