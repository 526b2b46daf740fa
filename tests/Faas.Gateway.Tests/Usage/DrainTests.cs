using Faas.Contracts.Invocations;
using Faas.Gateway.Uplink;
using Faas.Gateway.Usage;
using Faas.Link;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.Usage;

public sealed class DrainTests : IDisposable
{
    /// <summary>Records of 144 bytes in 256 KiB.</summary>
    private const int WholeExtent = 4 * 65_536 / 144;

    private readonly string _folder = Directory.CreateTempSubdirectory("fgt-drain-").FullName;
    private readonly Outbox _outbox = new();
    private readonly UsageJournal _journal;
    private readonly UsageDrain _drain;

    public DrainTests()
    {
        _journal = new UsageJournal(_folder, "boot", NullLogger<UsageJournal>.Instance);
        _drain = new UsageDrain(_journal, _outbox, NullLogger<UsageDrain>.Instance, new FakeTimeProvider());
        _outbox.Open();
        _drain.Restart();
    }

    [Fact]
    public async Task After_an_acknowledgement_only_whole_extents_are_sent_and_the_rest_with_the_next_tick()
    {
        Append(3);
        _drain.Round(onlyWhole: true);
        Append(2000);
        _drain.Round(onlyWhole: true);
        _drain.Round();

        Assert.Equal(WholeExtent, await TakeAsync());
        Assert.Equal(2003 - WholeExtent, await TakeAsync());
        Assert.False(_outbox.IsBacklogged);
    }

    [Fact]
    public async Task The_rest_of_a_full_segment_is_whole_however_short_it_is()
    {
        var first = _journal.Segments().Single();
        var count = 0;
        for (; !first.IsFull; count++)
        {
            Append(1);
        }

        var sent = 0;
        while (sent < count)
        {
            _drain.Round(onlyWhole: true);
            for (var batches = Math.Min(JournalSegment.WindowLength, (count - sent + (WholeExtent - 1)) / WholeExtent); batches > 0; batches--)
            {
                sent += await TakeAsync();
            }

            _drain.Acknowledge(new UsageAck { Boot = "boot", Segment = 0, To = first.Unacked()[^1] });
        }

        Assert.Equal(count, sent);
    }

    [Fact]
    public async Task What_the_journal_has_in_a_file_is_not_sent_itself_but_where_it_is()
    {
        Append(1000);
        _drain.Round();
        var message = await MessageAsync();
        Assert.Null(message.Usage);
        Assert.Equal((JournalSegment.HeaderLength, JournalSegment.HeaderLength + (1000 * 144)), (message.UsageExtent.From, message.UsageExtent.To));
        Assert.Equal(UsageEntries.ReadAll(_journal.Segments().Single()), UsageEntries.Of(UsageEntries.Told(message, _folder)!));
    }

    [Fact]
    public async Task What_an_earlier_boot_left_is_sent_itself_whole_records_only_in_messages_of_a_bounded_size()
    {
        Append(1000);
        using var journal = new UsageJournal(_folder, "next boot", NullLogger<UsageJournal>.Instance);
        using var drain = new UsageDrain(journal, _outbox, NullLogger<UsageDrain>.Instance, new FakeTimeProvider());
        drain.Restart();
        drain.Round();
        for (var left = 1000; left > 0;)
        {
            var batch = (await MessageAsync()).Usage;
            Assert.InRange(batch.Records.Length, 1, 64 * 1024);
            Assert.Equal(batch.To - batch.From, batch.Records.Length);
            left -= UsageEntries.Of(batch).Count;
        }
    }

    [Fact]
    public async Task What_was_told_before_a_crash_is_sent_after_it_with_the_same_ends()
    {
        Append(3000);
        _drain.Round();
        var told = new List<(long From, long To)>();
        for (var left = 3000; left > 0;)
        {
            var extent = (await MessageAsync()).UsageExtent;
            told.Add((extent.From, extent.To));
            left -= (int)(extent.To - extent.From) / 144;
        }

        using var journal = new UsageJournal(_folder, "next boot", NullLogger<UsageJournal>.Instance);
        using var drain = new UsageDrain(journal, _outbox, NullLogger<UsageDrain>.Instance, new FakeTimeProvider());
        drain.Restart();
        drain.Round();
        foreach (var (from, to) in told)
        {
            var batch = (await MessageAsync()).Usage;
            Assert.Equal(("boot", from, to), (batch.Boot, batch.From, batch.To));
        }
    }

    [Fact]
    public async Task What_was_torn_when_an_earlier_boot_was_killed_is_left_out_of_its_batches()
    {
        Append(3);
        var path = _journal.Segments().Single().Path!;
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            RandomAccess.Write(file, [0xFF, 0xFF], JournalSegment.HeaderLength + 144 + 40);   // within the second
        }

        using var journal = new UsageJournal(_folder, "next boot", NullLogger<UsageJournal>.Instance);
        using var drain = new UsageDrain(journal, _outbox, NullLogger<UsageDrain>.Instance, new FakeTimeProvider());
        drain.Restart();
        drain.Round();

        var batch = (await MessageAsync()).Usage;
        Assert.Equal(("boot", JournalSegment.HeaderLength, JournalSegment.HeaderLength + (3 * 144)), (batch.Boot, batch.From, batch.To));
        Assert.Equal(2, UsageEntries.Of(batch).Count);
    }

    public void Dispose()
    {
        _drain.Dispose();
        _outbox.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Append(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _journal.Append(new UsageEntry
            {
                InvocationId = "0123456789abcdefghjk", Function = "hello", Revision = "hello-0123456789ab", Instance = "instance-0123456789", ReceivedUnixUs = 1, QueuedUs = 0, ColdUs = 0, RunUs = 150,
                MemoryMiB = 128, BytesIn = 0, BytesOut = 26, Status = 200, Outcome = InvocationError.None,
            });
        }
    }

    private async Task<int> TakeAsync() => UsageEntries.Told(await MessageAsync(), _folder) is { Format: UsageCodec.Format } batch ? UsageEntries.Of(batch).Count : 0;

    private async Task<GatewayMessage> MessageAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        return await _outbox.TakeAsync(limit.Token);
    }
}
