using System.Text;
using Faas.Gateway.Usage;
using Faas.Link;
using Google.Protobuf;

namespace Faas.Gateway.Tests.Usage;

/// <summary>Usage records as they were before they were written.</summary>
internal static class UsageEntries
{
    public static List<UsageEntry> ReadAll(JournalSegment segment) => After(segment, JournalSegment.HeaderLength);

    /// <summary>All records of a batch; fails when it is not made of whole ones.</summary>
    public static List<UsageEntry> Of(UsageBatch batch) => Of(batch.Records.Span);

    /// <summary>The usage that a message tells of, as a batch, its records read in the journal where it only says where they are. Null when it tells of none.</summary>
    public static UsageBatch? Told(GatewayMessage message, string journal)
    {
        if (message.UsageExtent is not { } extent)
        {
            return message.Usage;
        }

        using var file = File.OpenHandle(
            Path.Combine(journal, JournalFile.NameOf(extent.Boot, extent.Segment)), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var records = new byte[extent.To - extent.From];
        Assert.Equal(records.Length, RandomAccess.Read(file, records, extent.From));
        return new UsageBatch { Boot = extent.Boot, Segment = extent.Segment, From = extent.From, To = extent.To, Format = extent.Format, Records = ByteString.CopyFrom(records) };
    }

    public static List<UsageEntry> After(JournalSegment segment, int at)
    {
        var entries = new List<UsageEntry>();
        while (segment.TryRead(ref at, out var record))
        {
            entries.AddRange(Of(record));
        }

        return entries;
    }

    private static List<UsageEntry> Of(ReadOnlySpan<byte> records)
    {
        var entries = new List<UsageEntry>();
        while (records.Length > 0)
        {
            Assert.True(UsageFrame.TryRead(records, out var frame));
            entries.Add(EntryOf(frame));
            records = records[frame.Length..];
        }

        return entries;
    }

    private static UsageEntry EntryOf(in UsageFrame frame)
    {
        var origin = frame.Origin;
        return new UsageEntry
        {
            InvocationId = Encoding.UTF8.GetString(frame.InvocationId), Function = Take(ref origin), Revision = Take(ref origin), Instance = Take(ref origin),
            ReceivedUnixUs = frame.ReceivedUnixUs, QueuedUs = frame.QueuedUs, ColdUs = frame.ColdUs, RunUs = frame.RunUs, CpuUs = frame.CpuUs, PeakKiB = frame.PeakKiB, MemoryMiB = frame.MemoryMiB,
            BytesIn = frame.BytesIn, BytesOut = frame.BytesOut, Status = frame.Status, Outcome = frame.Outcome,
        };
    }

    private static string Take(ref ReadOnlySpan<byte> texts)
    {
        var text = Encoding.UTF8.GetString(texts.Slice(1, texts[0]));
        texts = texts[(1 + texts[0])..];
        return text;
    }
}
