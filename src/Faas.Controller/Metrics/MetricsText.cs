using System.Globalization;
using System.Numerics;
using System.Text;

namespace Faas.Controller.Metrics;

/// <summary>
/// Series in Prometheus's text format (0.0.4), written as they are read. What is by function goes this way and not through prometheus-net: its histograms cannot be given counts
/// (only be observed, 36 ns each, with a sum that drifts), its values are floating-point numbers, and all series of a name must have the same labels.
/// </summary>
internal sealed class MetricsText
{
    private byte[] _bytes = new byte[64 * 1024];
    private string _name = "";
    private string? _head;

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Takes back everything after <paramref name="length"/>.</summary>
    public void Truncate(int length) => Length = Math.Min(length, Length);

    /// <summary>Begins the series of one name. Without any it leaves no trace.</summary>
    /// <param name="name">Their name.</param>
    /// <param name="type"><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</param>
    /// <param name="help">What they are, in a line.</param>
    public void Family(string name, string type, string help)
    {
        _name = name;
        _head = $"# HELP {name} {help}\n# TYPE {name} {type}\n";
    }

    /// <summary>One series and its value. Labels without a value are left out.</summary>
    public void Sample<T>(T value, params ReadOnlySpan<(string Name, string? Value)> labels)
        where T : INumber<T> => Sample("", value, labels);

    /// <summary>A histogram of times in µs, as seconds.</summary>
    /// <param name="boundsUs">Upper bounds of the buckets but the last.</param>
    /// <param name="counts">How many there are in each bucket.</param>
    /// <param name="sumUs">Their sum.</param>
    /// <param name="function">Its label.</param>
    /// <param name="since">Another label, or null.</param>
    public void Histogram(ReadOnlySpan<long> boundsUs, ReadOnlySpan<long> counts, long sumUs, string function, string? since)
    {
        var total = 0L;
        for (var i = 0; i < counts.Length; i++)
        {
            total += counts[i];
            Sample("_bucket", total, ("function", function), ("since", since), ("le", i < boundsUs.Length ? Seconds(boundsUs[i]).ToString(CultureInfo.InvariantCulture) : "+Inf"));
        }

        Sample("_sum", Seconds(sumUs), ("function", function), ("since", since));
        Sample("_count", total, ("function", function), ("since", since));
    }

    /// <summary>Series that somebody else has written.</summary>
    public void Append(ReadOnlySpan<byte> series) => series.CopyTo(Room(series.Length));

    private static decimal Seconds(long microseconds) => microseconds / 1_000_000m;

    private void Sample<T>(string suffix, T value, params ReadOnlySpan<(string Name, string? Value)> labels)
        where T : INumber<T>
    {
        if (_head is not null)
        {
            Text(_head);
            _head = null;
        }

        Text(_name);
        Text(suffix);
        var separator = "{";
        foreach (var (name, label) in labels)
        {
            if (label is not null)
            {
                Text(separator);
                Text(name);
                Text("=\"");
                Text(label.AsSpan().IndexOfAny('\\', '"', '\n') < 0 ? label : Escaped(label));
                Text("\"");
                separator = ",";
            }
        }

        Text(separator == "," ? "} " : " ");
        Number(value);
        Text("\n");
    }

    private static string Escaped(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private void Number<T>(T value)
        where T : INumber<T>
    {
        const int LengthMax = 64;   // of a decimal, 31
        Grow(LengthMax);
        value.TryFormat(_bytes.AsSpan(Length), out var written, default, CultureInfo.InvariantCulture);
        Length += written;
    }

    private void Text(string text)
    {
        Grow(text.Length * 3);
        Length += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(Length));
    }

    private Span<byte> Room(int length)
    {
        Grow(length);
        var room = _bytes.AsSpan(Length, length);
        Length += length;
        return room;
    }

    private void Grow(int length)
    {
        if (_bytes.Length - Length < length)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Length + length));
        }
    }
}
