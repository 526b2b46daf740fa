using System.Collections.Concurrent;
using Faas.Cli.Output;
using Spectre.Console;

namespace Faas.Cli.Deployment;

/// <summary>Shows what is going on, on stderr: one moving line on a terminal, else a line only for what takes long.</summary>
internal sealed class DeployProgress(Terminal terminal)
{
    private readonly ConcurrentDictionary<string, string> _working = new(StringComparer.Ordinal);
    private StatusContext? _status;
    private string _title = "";

    /// <summary>Runs <paramref name="act"/> while the line is shown.</summary>
    public async Task<T> ShowAsync<T>(string title, Func<Task<T>> act)
    {
        _working.Clear();
        _title = title;
        if (Console.IsErrorRedirected || Console.IsOutputRedirected)
        {
            return await act();
        }

        return await terminal.Err.Status().StartAsync(title, async status =>
        {
            _status = status;
            try
            {
                return await act();
            }
            finally
            {
                _status = null;
            }
        });
    }

    public void Working(string name, string phase)
    {
        _working[name] = phase;
        Refresh();
    }

    /// <summary>A tool that downloads or compiles began to run.</summary>
    public void Tool(string name, string tool)
    {
        if (_status is null)
        {
            Terminal.Note($"{name}: {tool}");
        }

        Working(name, tool);
    }

    public void Done(string name)
    {
        _working.TryRemove(name, out _);
        Refresh();
    }

    private void Refresh()
    {
        if (_status is { } status)
        {
            var working = string.Join(", ", _working.OrderBy(pair => pair.Key, StringComparer.Ordinal).Take(4).Select(pair => $"{pair.Key}: {pair.Value}"));
            status.Status = Markup.Escape(working.Length > 0 ? working : _title);   // never empty, which it refuses
        }
    }
}
