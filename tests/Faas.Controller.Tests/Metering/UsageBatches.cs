using System.Numerics;
using Faas.Contracts.Invocations;
using Faas.Link;
using Google.Protobuf;

namespace Faas.Controller.Tests.Metering;

/// <summary>Usage batches as a gateway sends them.</summary>
internal static class UsageBatches
{
    public static UsageEntry Entry(string id, long runUs = 1500, InvocationError outcome = InvocationError.None, string instance = "i1") => new()
    {
        InvocationId = id, Function = "hello", Revision = "r1", Instance = instance, ReceivedUnixUs = 1_700_000_000_000_000, QueuedUs = 11, ColdUs = 12, RunUs = runUs,
        MemoryMiB = 256, BytesIn = 13, BytesOut = 14, Status = 200, Outcome = outcome,
    };

    public static UsageBatch Batch(long from, long to, params UsageEntry[] entries) => new()
    {
        Boot = "boot", Segment = 0, From = from, To = to, Format = UsageCodec.Format, Records = ByteString.CopyFrom([.. entries.SelectMany(BytesOf)]),
    };

    /// <summary>A sound record with a number in it that no gateway writes: the 64-bit one of this index.</summary>
    public static byte[] Forge(int field, long value)
    {
        const int Prefix = 8;
        var record = BytesOf(Entry("a"));
        BitConverter.TryWriteBytes(record.AsSpan(Prefix + (field * 8)), value);
        var crc = uint.MaxValue;
        for (var at = Prefix; at < record.Length; at += 8)
        {
            crc = BitOperations.Crc32C(crc, BitConverter.ToUInt64(record, at));
        }

        BitConverter.TryWriteBytes(record.AsSpan(4), ~crc);
        return record;
    }

    public static byte[] BytesOf(UsageEntry entry)
    {
        Span<byte> record = stackalloc byte[UsageCodec.RecordLengthMax];
        record = record[..UsageCodec.Encode(entry, record)];
        BitConverter.TryWriteBytes(record, record.Length);   // as publishing it in a segment does
        return record.ToArray();
    }
}
