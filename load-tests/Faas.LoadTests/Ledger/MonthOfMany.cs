using System.Globalization;
using System.Text;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.LoadTests.Ledger;

/// <summary>
/// Usage records of a month: many functions in ten namespaces, some called much more than others, each with three revisions one after the other, two instances a day and some failures.
/// The same number gives the same records.
/// </summary>
internal sealed class MonthOfMany(int functions, long records, DateTimeOffset start, TimeSpan length)
{
    private const int Namespaces = 10;
    private const int Revisions = 3;
    private const int InstancesAtOnce = 2;
    private const int PicoPerRequest = 200_000;

    /// <summary>16.6667 USD for a million GiB-seconds, in pico-units for one MiB during one ms.</summary>
    private const double PicoPerMiBMs = 16.6667e6 / (1024 * 1000);

    private static readonly byte[] Prefix = "01kaw3x9ttyz"u8.ToArray();
    private static readonly byte[] Digits = "0123456789abcdefghjkmnpqrstvwxyz"u8.ToArray();
    private static readonly int[] Sizes = [128, 256, 512];

    private readonly Random _random = new(1);
    private readonly byte[] _id = new byte[20];
    private readonly byte[]?[] _origins = new byte[functions * InstancesAtOnce][];
    private readonly double _usApart = length.TotalMicroseconds / records;
    private int _day = -1;

    /// <summary>Records so far.</summary>
    public long Count { get; private set; }

    /// <summary>When the next one was received.</summary>
    public DateTimeOffset At => start.AddMicroseconds(Count * _usApart);

    /// <summary>What all of them cost, in pico-units.</summary>
    public long CostPico { get; private set; }

    /// <summary>Adds the next records.</summary>
    public void AddTo(UsageChunk chunk, int count)
    {
        for (; count > 0; count--, Count++)
        {
            var at = At;
            if (at.DayOfYear != _day)
            {
                _day = at.DayOfYear;
                Array.Clear(_origins);   // other instances
            }

            var share = _random.NextDouble();
            var function = (int)(functions * share * share);
            var outcome = _random.Next(1000) switch { < 5 => InvocationError.Timeout, < 7 => InvocationError.Crashed, _ => InvocationError.None };
            var (runUs, memory) = (150 + _random.Next(_random.Next(10) == 0 ? 200_000 : 2000), Sizes[function % Sizes.Length]);
            var billedMs = (runUs + 999L) / 1000;
            var cost = PicoPerRequest + (long)(billedMs * memory * PicoPerMiBMs);
            CostPico += cost;
            chunk.Add(new UsageLine
            {
                InvocationId = NextId(), Origin = OriginOf(function), ReceivedUs = at.ToUnixTimeMilliseconds() * 1000 + _random.Next(1000), QueuedUs = _random.Next(4) == 0 ? _random.Next(500) : 0,
                ColdUs = _random.Next(2000) == 0 ? 6000 : 0, RunUs = runUs, CpuUs = runUs, PeakKiB = 30_000, BilledMs = billedMs, MemoryMiB = memory, BytesIn = _random.Next(4) == 0 ? 100 : 0, BytesOut = 26,
                Status = outcome switch { InvocationError.None => 200, InvocationError.Timeout => 504, _ => 502 }, Outcome = outcome, Price = 1, CostPico = cost,
            });
        }
    }

    private ReadOnlySpan<byte> NextId()
    {
        Prefix.CopyTo(_id, 0);
        for (var (i, value) = (_id.Length - 1, Count); i >= Prefix.Length; i--, value >>= 5)
        {
            _id[i] = Digits[(int)(value & 31)];
        }

        return _id;
    }

    private byte[] OriginOf(int function)
    {
        var instance = _random.Next(InstancesAtOnce);
        return _origins[(function * InstancesAtOnce) + instance] ??= NewOrigin(function, instance);
    }

    /// <summary>Function, revision and instance, each with its length before it.</summary>
    private byte[] NewOrigin(int function, int instance)
    {
        // Revisions change on different days.
        var revision = ((Count * Revisions / records) + (function % Revisions == 0 ? 0 : 1)) % Revisions;
        var name = string.Create(CultureInfo.InvariantCulture, $"function-{function:000}.team-{function % Namespaces}");
        string[] texts = [name, string.Create(CultureInfo.InvariantCulture, $"{name}-{revision}123456789ab"), string.Create(CultureInfo.InvariantCulture, $"i-{_random.NextInt64():x16}{instance}")];
        return [.. texts.SelectMany(text => (byte[])[(byte)text.Length, .. Encoding.UTF8.GetBytes(text)])];
    }
}
