using System.Threading.Channels;
using Faas.Contracts.Api;

namespace Faas.Controller.Logs;

/// <summary>Somebody who reads a function's lines as they come. Who is too slow loses the oldest, and can see how many.</summary>
internal sealed class LogFollower
{
    /// <summary>Lines it may lag behind.</summary>
    private const int LagMax = 4096;

    private readonly Channel<LogLine> _lines;
    private long _lost;

    public LogFollower() =>
        _lines = Channel.CreateBounded<LogLine>(
            new BoundedChannelOptions(LagMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }, _ => Interlocked.Increment(ref _lost));

    /// <summary>What comes; its end is the log's.</summary>
    public ChannelReader<LogLine> Lines => _lines.Reader;

    /// <summary>Whether it is of no use any more. The log's lock guards it.</summary>
    public bool HasLeft { get; set; }

    /// <summary>Lines lost since the last time this was asked.</summary>
    public long TakeLost() => Interlocked.Exchange(ref _lost, 0);

    public void Add(LogLine line) => _lines.Writer.TryWrite(line);

    public void End() => _lines.Writer.TryComplete();
}
