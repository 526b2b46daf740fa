using System.Numerics;
using System.Text;
using Faas.Contracts.Invocations;
using Faas.Gateway.Usage;
using Faas.Link;
using Microsoft.Extensions.Logging.Abstractions;

namespace Faas.Gateway.Tests.Usage;

public sealed class JournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fgt-journal-").FullName;

    [Fact]
    public void Records_survive_a_process_that_closes_nothing()
    {
        var killed = Open("boot1");
        for (var i = 0; i < 1000; i++)
        {
            killed.Append(Entry(i));
        }

        using var next = Open("boot2");   // While the first is still mapped, as after kill -9 the pages are the kernel's.
        var segment = next.Segments().First();
        Assert.Equal("boot1", segment.Boot);
        Assert.Equal(Enumerable.Range(0, 1000).Select(Id), UsageEntries.ReadAll(segment).Select(usage => usage.InvocationId));
    }

    [Fact]
    public void All_fields_come_back_as_they_were_written()
    {
        using var journal = Open("boot1");
        journal.Append(Entry(7));
        Assert.Equal(Entry(7), UsageEntries.ReadAll(journal.Segments().Single()).Single());
    }

    [Fact]
    public void A_number_that_no_controller_would_believe_is_written_as_the_nearest_that_it_does()
    {
        var entry = Entry(1) with { QueuedUs = -1, RunUs = long.MaxValue };
        Span<byte> record = stackalloc byte[UsageCodec.RecordLengthMax];
        record = record[..UsageCodec.Encode(entry, record)];
        BitConverter.TryWriteBytes(record, record.Length);   // Publishes it.

        Assert.True(UsageFrame.TryRead(record, out var frame));
        Assert.Equal((0, UsageCodec.Most), (frame.QueuedUs, frame.RunUs));
    }

    [Fact]
    public void A_record_of_before_anything_was_measured_is_read()
    {
        const int Fixed = 64, Measured = 8;
        var record = new byte[UsageCodec.RecordLengthMax];
        record = record[..UsageCodec.Encode(Entry(1), record)];
        record = [.. record[..Fixed], .. record[(Fixed + Measured)..]];
        record[Fixed - 1] = 0;   // the outcome's upper byte
        BitConverter.TryWriteBytes(record, record.Length);
        var crc = uint.MaxValue;
        for (var at = 8; at < record.Length; at += 8)
        {
            crc = BitOperations.Crc32C(crc, BitConverter.ToUInt64(record, at));
        }

        BitConverter.TryWriteBytes(record.AsSpan(4), ~crc);
        Assert.True(UsageFrame.TryRead(record, out var frame));
        Assert.Equal((InvocationError.Timeout, 504, 7, 0u, 0u), (frame.Outcome, frame.Status, frame.BytesOut, frame.CpuUs, frame.PeakKiB));
        Assert.Equal(Id(1), Encoding.UTF8.GetString(frame.InvocationId));
        record[Fixed - 1] = 2;   // of a later version
        Assert.False(UsageFrame.TryRead(record, out _));
    }

    [Fact]
    public void Torn_and_unfinished_records_are_skipped_and_later_ones_are_not()
    {
        var killed = Open("boot1");
        for (var i = 0; i < 4; i++)
        {
            killed.Append(Entry(i));
        }

        var path = killed.Segments().Single().Path!;
        var length = RecordLength();
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            RandomAccess.Write(file, new byte[4], JournalSegment.HeaderLength + length);             // The second was reserved and never published,
            RandomAccess.Write(file, [0xFF, 0xFF], JournalSegment.HeaderLength + (2 * length) + 40);   // the third is torn.
        }

        using var next = Open("boot2");
        Assert.Equal([Id(0), Id(3)], UsageEntries.ReadAll(next.Segments().First()).Select(usage => usage.InvocationId));
    }

    [Fact]
    public void A_full_segment_is_followed_by_the_next_and_nothing_is_lost_between_threads()
    {
        using var journal = Open("boot1");
        const int Each = 15_000;
        Parallel.For(0, 4, thread =>
        {
            for (var i = 0; i < Each; i++)
            {
                journal.Append(Entry((thread * Each) + i));
            }
        });

        var segments = journal.Segments();
        Assert.True(segments.Count > 1);
        var ids = segments.SelectMany(segment => UsageEntries.ReadAll(segment)).Select(usage => usage.InvocationId).ToList();
        Assert.Equal(4 * Each, ids.Count);
        Assert.Equal(4 * Each, ids.Distinct().Count());
        Assert.All(segments.SkipLast(1), segment => Assert.True(segment.EndsAt(EndOf(segment))));
        Assert.False(segments[^1].EndsAt(EndOf(segments[^1])));
    }

    [Fact]
    public void What_was_acknowledged_is_not_read_again_by_the_next_boot()
    {
        var killed = Open("boot1");
        killed.Append(Entry(0));
        killed.Append(Entry(1));
        killed.Segments().Single().NoteAcked(JournalSegment.HeaderLength + RecordLength());

        using var next = Open("boot2");
        var segment = next.Segments().First();
        var at = segment.Acked;
        Assert.Equal(Id(1), UsageEntries.After(segment, at).Single().InvocationId);
        Assert.True(segment.TryRead(ref at, out _));
        Assert.True(segment.EndsAt(at));
    }

    [Fact]
    public void A_segment_whose_creation_was_interrupted_and_one_without_records_are_removed()
    {
        File.WriteAllBytes(Path.Combine(_folder, "boot0-00000000.usage"), new byte[100]);
        Open("boot1");
        using var next = Open("boot2");
        Assert.Equal("boot2", next.Segments().Single().Boot);
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Without_a_disk_records_go_to_memory_and_in_the_end_they_are_counted_as_dropped()
    {
        using var journal = Open("boot1");
        Directory.Delete(_folder, recursive: true);
        var perSegment = JournalSegment.Length / RecordLength();
        for (var i = 0; i < perSegment * 18; i++)
        {
            journal.Append(Entry(i));
        }

        Assert.Equal(17, journal.Segments().Count);
        Assert.True(journal.Dropped > 0);
        Directory.CreateDirectory(_folder);
    }

    [Fact]
    public void A_clean_end_leaves_nothing_but_unacknowledged_records()
    {
        using (var journal = Open("boot1"))
        {
            journal.Append(Entry(0));
        }

        Assert.Single(Directory.GetFiles(_folder));
        using (var journal = Open("boot2"))
        {
            var segment = journal.Segments().First();
            segment.NoteAcked(JournalSegment.HeaderLength + RecordLength());
        }

        Assert.Empty(Directory.GetFiles(_folder));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static int EndOf(JournalSegment segment)
    {
        var at = JournalSegment.HeaderLength;
        while (segment.TryRead(ref at, out _))
        {
        }

        return at;
    }

    private static int RecordLength()
    {
        Span<byte> buffer = stackalloc byte[UsageCodec.RecordLengthMax];
        return UsageCodec.Encode(Entry(0), buffer);
    }

    private static string Id(int number) => $"call-{number:D8}";

    private static UsageEntry Entry(int number) => new()
    {
        InvocationId = Id(number), Function = "hello.space", Revision = "rev", Instance = "inst", ReceivedUnixUs = 1, QueuedUs = 2, ColdUs = 3, RunUs = 4, CpuUs = 8, PeakKiB = 9, MemoryMiB = 5,
        BytesIn = 6, BytesOut = 7, Status = 504, Outcome = InvocationError.Timeout,
    };

    private UsageJournal Open(string boot) => new(_folder, boot, NullLogger<UsageJournal>.Instance);
}
