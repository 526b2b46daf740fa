using System.Globalization;
using Faas.Contracts.Invocations;
using Faas.Link;
using Microsoft.Win32.SafeHandles;

namespace Faas.LoadTests.Ledger;

/// <summary>A gateway's journal after many invocations of many functions, in the folder in which a controller reads it, and the extents that the gateway would tell it of.</summary>
internal sealed class JournalOfMany(string folder, int functions, bool withChosenIds, DateTimeOffset start, TimeSpan apart) : IDisposable
{
    /// <summary>Threads of the gateway, each with a block of 1,024 ids of its own.</summary>
    private const int Threads = 2;

    private const int SegmentLength = 4 << 20;
    private const int HeaderLength = 64;
    private const int ExtentLengthMax = 256 * 1024;
    private const string Digits = "0123456789abcdefghjkmnpqrstvwxyz";

    private readonly Random _random = new(1);
    private readonly byte[] _record = new byte[UsageCodec.RecordLengthMax];
    private readonly string _boot = Guid.NewGuid().ToString("N")[..20];
    private readonly byte[] _bytes = new byte[ExtentLengthMax];
    private SafeFileHandle? _file;
    private long _segment = -1;
    private long _at = SegmentLength;

    /// <summary>Records so far.</summary>
    public long Count { get; private set; }

    public string FunctionOf(long number) => string.Create(CultureInfo.InvariantCulture, $"function-{number % functions}");

    /// <summary>The id of a record; the same number gives the same id.</summary>
    public string IdOf(long number)
    {
        if (withChosenIds)
        {
            return new Guid((int)number, (short)(number >> 32), 0x4a7c, 0x8f, 0x12, 0x95, (byte)number, (byte)(number * 31), (byte)(number >> 8), 0x77, 0x1e).ToString();
        }

        var counter = ((number / 1024 / Threads * Threads) + (number % Threads)) * 1024 + (number / Threads % 1024);
        return string.Create(20, counter, static (text, value) =>
        {
            "01kaw3x9ttyz".CopyTo(text);
            for (var i = 19; i >= 12; i--, value >>= 5)
            {
                text[i] = Digits[(int)(value & 31)];
            }
        });
    }

    /// <summary>Writes the next records, at most <paramref name="records"/> and what fits into an extent.</summary>
    public UsageExtent Next(int records)
    {
        if (_at + ExtentLengthMax > SegmentLength)
        {
            OpenNextSegment();
        }

        var length = 0;
        for (; records > 0; records--, Count++)
        {
            var size = UsageCodec.Encode(Entry(Count), _record);
            BitConverter.TryWriteBytes(_record, size);
            if (!_record.AsSpan(0, size).TryCopyTo(_bytes.AsSpan(length)))
            {
                break;
            }

            length += size;
        }

        RandomAccess.Write(_file!, _bytes.AsSpan(0, length), _at);   // Opened above.
        var extent = new UsageExtent { Boot = _boot, Segment = _segment, From = _at, To = _at + length, Format = UsageCodec.Format };
        _at += length;
        return extent;
    }

    public void Dispose() => _file?.Dispose();

    private void OpenNextSegment()
    {
        _file?.Dispose();
        _at = HeaderLength;
        Directory.CreateDirectory(folder);
        File.Delete(PathOf(_segment - 1));   // The last but one, which is stored by now: less than a segment is under way.
        _file = File.OpenHandle(PathOf(++_segment), FileMode.Create, FileAccess.Write, FileShare.Read);
    }

    private string PathOf(long segment) => Path.Combine(folder, JournalFile.NameOf(_boot, segment));

    private UsageEntry Entry(long number)
    {
        var function = FunctionOf(number);
        return new UsageEntry
        {
            InvocationId = IdOf(number), Function = function, Revision = function + "-0123456789ab", Instance = "i-0123456789abcdef",
            ReceivedUnixUs = (start.UtcTicks - DateTimeOffset.UnixEpoch.Ticks + (apart.Ticks * number)) / 10, QueuedUs = _random.Next(4) == 0 ? _random.Next(500) : 0,
            ColdUs = 0, RunUs = 150 + _random.Next(2000), MemoryMiB = 128, BytesIn = 0, BytesOut = 26, Status = 200,
            Outcome = _random.Next(200) == 0 ? InvocationError.Timeout : InvocationError.None,
        };
    }
}
