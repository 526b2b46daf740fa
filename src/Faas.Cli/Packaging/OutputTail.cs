namespace Faas.Cli.Packaging;

/// <summary>The newest lines of a process's output. Lines may be added from several threads.</summary>
internal sealed class OutputTail(int linesMax)
{
    private readonly Queue<string> _lines = new();
    private readonly Lock _lock = new();

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Adds a line; null, which ends a stream, and empty ones are left out.</summary>
    public void Add(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        lock (_lock)
        {
            _lines.Enqueue(line);
            if (_lines.Count > linesMax)
            {
                _lines.Dequeue();
            }
        }
    }
}
