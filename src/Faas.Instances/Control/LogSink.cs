using Faas.Contracts.Api;

namespace Faas.Instances.Control;

/// <summary>Where an instance's lines go: always into the tail that explains failed starts, and, once it has a function, to that function's log.</summary>
internal sealed class LogSink(IInstanceEvents events, TimeProvider time)
{
    private volatile Owner? _owner;

    /// <summary>The newest lines.</summary>
    public LogTail Tail { get; } = new();

    /// <summary>From now on lines belong to <paramref name="function"/>.</summary>
    public void Become(string function, string instanceId) => _owner = new Owner(function, instanceId);

    /// <summary>A line that the worker reported.</summary>
    public void Add(WorkerLog line)
    {
        Tail.Add(line.Text);
        var at = DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(line.UnixMs, 0, 253_402_300_799_999));
        Publish(at, line.InvocationId.Length == 0 ? null : line.InvocationId, line.IsError ? "stderr" : "stdout", line.Text, line.GoesOn);
    }

    /// <summary>A line that reached stdout or stderr past the worker.</summary>
    public void Add(string line) => Add(line, "stderr");

    /// <summary>A line of a program without a worker.</summary>
    public void Add(string line, string stream)
    {
        Tail.Add(line);
        Publish(time.GetUtcNow(), null, stream, line);
    }

    private void Publish(DateTimeOffset at, string? invocationId, string stream, string text, bool goesOn = false)
    {
        if (_owner is { } owner)
        {
            events.Log(owner.Function, new LogLine(at, owner.InstanceId, invocationId, stream, text) { GoesOn = goesOn ? true : null });
        }
    }

    private sealed record Owner(string Function, string InstanceId);
}
