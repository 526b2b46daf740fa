using System.Diagnostics;

namespace Faas.EndToEnd.Tests.Running;

/// <summary>What a running process wrote to both of its outputs, in order of arrival.</summary>
internal sealed class OutputLines
{
    private const int LinesMax = 20_000;

    private readonly Lock _lock = new();
    private readonly Queue<string> _lines = new();

    /// <summary>Starts <paramref name="process"/> and collects until it ends.</summary>
    public void ReadFrom(Process process)
    {
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
    }

    public bool Contains(string text)
    {
        lock (_lock)
        {
            return _lines.Any(line => line.Contains(text, StringComparison.Ordinal));
        }
    }

    public override string ToString()
    {
        lock (_lock)
        {
            return string.Join('\n', _lines);
        }
    }

    private void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            _lines.Enqueue(line);
            if (_lines.Count > LinesMax)
            {
                _lines.Dequeue();
            }
        }
    }
}
