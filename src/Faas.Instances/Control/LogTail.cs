namespace Faas.Instances.Control;

/// <summary>The newest lines of an instance, kept to explain a failed start.</summary>
internal sealed class LogTail
{
    private const int LinesMax = 40;
    private const int LineLengthMax = 2000;

    private readonly Lock _lock = new();
    private readonly Queue<string> _lines = new(LinesMax);

    public void Add(string line)
    {
        lock (_lock)
        {
            if (_lines.Count == LinesMax)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(line.Length <= LineLengthMax ? line : line[..LineLengthMax]);
        }
    }

    public IReadOnlyList<string> Lines()
    {
        lock (_lock)
        {
            return [.. _lines];
        }
    }
}
