namespace Faas.Controller.Logs;

/// <summary>Two token buckets, one of lines and one of bytes: what one function may write. Not thread-safe; its owner's lock guards it.</summary>
internal sealed class LineRate(LogOptions options)
{
    private double _lines = (double)options.LinesPerSecond * options.BurstSeconds;
    private double _bytes = (double)options.BytesPerSecond * options.BurstSeconds;
    private TimeSpan _filledAt;

    /// <summary>Whether a line of <paramref name="bytes"/> is taken at <paramref name="now"/>, a time that only grows. The last one may be longer than what is left, so that none is too long for ever.</summary>
    public bool TryTake(int bytes, TimeSpan now)
    {
        var elapsed = Math.Max(0, (now - _filledAt).TotalSeconds);
        _filledAt = now;
        _lines = Math.Min((double)options.LinesPerSecond * options.BurstSeconds, _lines + (elapsed * options.LinesPerSecond));
        _bytes = Math.Min((double)options.BytesPerSecond * options.BurstSeconds, _bytes + (elapsed * options.BytesPerSecond));
        if (_lines < 1 || _bytes <= 0)
        {
            return false;
        }

        _lines--;
        _bytes -= bytes;
        return true;
    }
}
