using Faas.Contracts.Api;

namespace Faas.Controller.Logs;

/// <summary>
/// Of a flood's dropped lines the last ones of each stream: what a function wrote before it died is what is looked for. A stream has its own, since an
/// instance's two streams are two pipes: what was written last to one can come before what was written long before it to the other. Not thread-safe.
/// </summary>
internal sealed class LastLines
{
    /// <summary>Lines of a stream. They are within <see cref="BytesMax"/>, too.</summary>
    private const int LinesMax = 20;

    private const int BytesMax = 64 * 1024;

    private readonly Stream _out = new();
    private readonly Stream _error = new();
    private long _added;

    /// <summary>Lines that are kept.</summary>
    public int Count => _out.Lines.Count + _error.Lines.Count;

    /// <summary>Bytes of their text.</summary>
    public long Bytes => _out.Bytes + _error.Bytes;

    public void Add(LogLine line, int bytes) => Of(line.Stream).Add((_added++, line, bytes));

    /// <summary>What is kept, as it came.</summary>
    public IEnumerable<(LogLine Line, int Bytes)> InOrder() =>
        _out.Lines.Concat(_error.Lines).OrderBy(kept => kept.Number).Select(kept => (kept.Line, kept.Bytes));

    public void Clear()
    {
        _out.Clear();
        _error.Clear();
    }

    /// <summary>Forgets those of one stream.</summary>
    public void Clear(string stream) => Of(stream).Clear();

    private Stream Of(string stream) => stream == "stderr" ? _error : _out;

    private sealed class Stream
    {
        public Queue<(long Number, LogLine Line, int Bytes)> Lines { get; } = [];

        public long Bytes { get; private set; }

        public void Add((long Number, LogLine Line, int Bytes) kept)
        {
            Lines.Enqueue(kept);
            Bytes += kept.Bytes;
            while (Lines.Count > LinesMax || Bytes > BytesMax)
            {
                Bytes -= Lines.Dequeue().Bytes;
            }
        }

        public void Clear()
        {
            Lines.Clear();
            Bytes = 0;
        }
    }
}
