using Faas.Link;

namespace Faas.Controller.Link;

/// <summary>
/// Lets a caller wait until the gateway has applied everything posted so far. Guarded by the fleet's lock. When the gateway goes away all
/// waits end: the next one gets the complete picture before it answers anybody.
/// </summary>
internal sealed class GatewayFences(GatewayOutbox outbox)
{
    private readonly Dictionary<long, TaskCompletionSource> _waiting = [];
    private long _last;

    /// <summary>Completes when the gateway has applied what was posted before; at once when none is connected.</summary>
    public Task Post()
    {
        if (!outbox.IsConnected)
        {
            return Task.CompletedTask;
        }

        var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[++_last] = passed;
        outbox.Post(new ControllerMessage { Fence = new Fence { Number = _last } });
        return passed.Task;
    }

    public void Passed(long number)
    {
        if (_waiting.Remove(number, out var passed))
        {
            passed.SetResult();
        }
    }

    public void ReleaseAll()
    {
        foreach (var passed in _waiting.Values)
        {
            passed.SetResult();
        }

        _waiting.Clear();
    }
}
