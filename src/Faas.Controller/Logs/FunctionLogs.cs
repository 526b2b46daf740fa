using System.Collections.Concurrent;
using Faas.Contracts.Api;

namespace Faas.Controller.Logs;

/// <summary>The log lines of all functions. Lines are kept on disk, bounded for each function, and survive scale to zero and restarts.</summary>
internal sealed class FunctionLogs(string folder, TimeProvider time) : IFunctionOutput, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, FunctionLog> _logs = new();

    /// <summary>Adds a line of <paramref name="function"/>. Never blocks: a flood is cut, and says so.</summary>
    public void Append(string function, LogLine line) => Of(function).Append(line);

    /// <summary>Adds a line of the platform's own about an instance of <paramref name="function"/>.</summary>
    public void Platform(string function, string instance, string text) =>
        Append(function, new LogLine(time.GetUtcNow(), instance, null, "platform", text));

    /// <summary>The log of <paramref name="function"/>; it exists from the first time it is asked for.</summary>
    public FunctionLog Of(string function) => _logs.GetOrAdd(function, name => new FunctionLog(Path.Combine(folder, name + ".ndjson"), time));

    /// <summary>Deletes what <paramref name="function"/> has written.</summary>
    public async Task DeleteAsync(string function)
    {
        if (_logs.TryRemove(function, out var log))
        {
            await log.DisposeAsync();
            log.Delete();
        }
    }

    /// <summary>Writes out what is still in memory.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var log in _logs.Values)
        {
            await log.DisposeAsync();
        }
    }
}
