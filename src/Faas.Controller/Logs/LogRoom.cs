using System.Threading.Channels;

namespace Faas.Controller.Logs;

/// <summary>What all logs have on the disk together, and how much of it is too much. Logs say of each change by how much they have grown.</summary>
internal sealed class LogRoom(LogOptions options)
{
    private readonly Channel<bool> _isOver = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _used;

    /// <summary>Bytes of all logs that have been looked at, which all are soon after a start.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>Something for each time that logs have become more than they may be; several such times may be one.</summary>
    public ChannelReader<bool> Over => _isOver.Reader;

    /// <summary>An eighth below what they may have: room that is made lasts for a while.</summary>
    private long Wanted => options.TotalBytesMax / 8 * 7;

    /// <summary>Whether making room has not come to its end.</summary>
    public bool IsTight => Used > Wanted;

    /// <summary>Counts a log's growth, or what was removed of it.</summary>
    public void Change(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) > options.TotalBytesMax && bytes > 0)
        {
            _isOver.Writer.TryWrite(true);
        }
    }

    /// <summary>The most that one log may have so that together they are as small as wanted: what small ones leave is shared by the large ones.</summary>
    /// <param name="bytes">What each has.</param>
    public long ShareOf(IEnumerable<long> bytes)
    {
        var ascending = bytes.Order().ToList();
        var left = Wanted;
        for (var i = 0; i < ascending.Count; i++)
        {
            var share = left / (ascending.Count - i);
            if (ascending[i] > share)
            {
                return share;
            }

            left -= ascending[i];
        }

        return long.MaxValue;
    }
}
