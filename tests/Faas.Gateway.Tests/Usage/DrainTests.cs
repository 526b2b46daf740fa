using Faas.Contracts.Invocations;
using Faas.Gateway.Uplink;
using Faas.Gateway.Usage;
using Faas.Link;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.Usage;

public sealed class DrainTests : IDisposable
{
    /// <summary>Records of 136 bytes in 64 KiB.</summary>
    private const int WholeBatch = 65_536 / 136;

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
    public async Task After_an_acknowledgement_only_whole_batches_are_sent_and_the_rest_with_the_next_tick()
    {
        Append(3);
        _drain.Round(onlyWhole: true);
        Append(700);
        _drain.Round(onlyWhole: true);
        _drain.Round();

        Assert.Equal(WholeBatch, await TakeAsync());
        Assert.Equal(703 - WholeBatch, await TakeAsync());
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
            for (var batches = Math.Min(JournalSegment.WindowLength, (count - sent + (WholeBatch - 1)) / WholeBatch); batches > 0; batches--)
            {
                sent += await TakeAsync();
            }

            _drain.Acknowledge(new UsageAck { Boot = "boot", Segment = 0, To = first.Unacked()[^1] });
        }

        Assert.Equal(count, sent);
    }

    [Fact]
    public async Task A_batch_has_whole_records_only_and_fits_into_its_bound()
    {
        Append(1000);
        _drain.Round();
        for (var left = 1000; left > 0;)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            var batch = (await _outbox.TakeAsync(limit.Token)).Usage;
            Assert.InRange(batch.Records.Length, 1, 64 * 1024);
            Assert.Equal(batch.To - batch.From, batch.Records.Length);
            left -= UsageEntries.Of(batch).Count;
        }
    }

    [Fact]
    public async Task What_was_torn_when_an_earlier_boot_was_killed_is_left_out_of_its_batches()
    {
        Append(3);
        var path = _journal.Segments().Single().Path!;
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            RandomAccess.Write(file, [0xFF, 0xFF], JournalSegment.HeaderLength + 136 + 40);   // within the second
        }

        using var journal = new UsageJournal(_folder, "next boot", NullLogger<UsageJournal>.Instance);
        using var drain = new UsageDrain(journal, _outbox, NullLogger<UsageDrain>.Instance, new FakeTimeProvider());
        drain.Restart();
        drain.Round();

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var batch = (await _outbox.TakeAsync(limit.Token)).Usage;
        Assert.Equal(("boot", JournalSegment.HeaderLength, JournalSegment.HeaderLength + (3 * 136)), (batch.Boot, batch.From, batch.To));
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

    private async Task<int> TakeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        return (await _outbox.TakeAsync(limit.Token)).Usage is { Format: UsageCodec.Format } batch ? UsageEntries.Of(batch).Count : 0;
    }
}
