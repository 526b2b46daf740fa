using System.Threading.Channels;
using Faas.Contracts.Hosting;
using Faas.Controller.Link;
using Faas.Controller.Metering;
using Faas.Controller.Scaling;
using Faas.Link;
using Faas.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static Faas.Controller.Tests.Metering.UsageBatches;

namespace Faas.Controller.Tests.Metering;

/// <summary>The way of usage batches from the link into the ledger, and of their acknowledgements back.</summary>
public sealed class UsageIngestTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("fct-ingest-").FullName;
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private BreakableLedger _ledger = null!;   // InitializeAsync runs before every test
    private UsageIngest _ingest = null!;
    private ChannelReader<ControllerMessage> _messages = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _ledger = new BreakableLedger(await SqliteStore.OpenAsync(Path.Combine(_folder, "faas.db"), "USD", Ct));
        var link = new FleetLink(new FleetTable(new GatewayOutbox(), new Dictionary<string, RememberedActivity>(), _clock), new GatewayLimits(), _clock);
        _messages = link.Connect("test").Reader;
        _ingest = new UsageIngest(_ledger, PriceBooks.Default(), new DataFolder(_folder), link, NullLogger<UsageIngest>.Instance, _clock);
        await _ingest.StartAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _ingest.StopAsync(CancellationToken.None);
        _ingest.Dispose();
        await _ledger.Store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_batch_is_acknowledged_when_it_is_durable_and_counted_once_however_often_it_comes()
    {
        for (var time = 0; time < 3; time++)
        {
            _ingest.Enqueue(ReportedUsage.Of(Batch(64, 200, Entry("a"), Entry("b"))));
            Assert.Equal(200, await AcknowledgedAsync());
            Assert.Equal(2, await RecordsAsync());
        }
    }

    [Fact]
    public async Task A_batch_after_a_gap_is_not_stored_and_the_gateway_hears_where_to_go_on()
    {
        _ingest.Enqueue(ReportedUsage.Of(Batch(64, 200, Entry("a"))));
        Assert.Equal(200, await AcknowledgedAsync());
        _ingest.Enqueue(ReportedUsage.Of(Batch(300, 400, Entry("b"))));
        Assert.Equal(200, await AcknowledgedAsync());
        Assert.Equal(1, await RecordsAsync());
    }

    [Fact]
    public async Task A_damaged_batch_is_not_acknowledged_and_comes_again_after_a_reconnect()
    {
        _ingest.Enqueue(ReportedUsage.Of(Batch(64, 200, Entry("a"))));
        Assert.Equal(200, await AcknowledgedAsync());
        var damaged = Batch(200, 300, Entry("b"));
        damaged.Format = 99;
        _ingest.Enqueue(ReportedUsage.Of(damaged));
        _ingest.Enqueue(ReportedUsage.Of(Batch(300, 400, Entry("c"))));
        _ingest.Enqueue(ReportedUsage.Of(Batch(64, 200, Entry("a"))));   // so that there is something to hear
        Assert.Equal(200, await AcknowledgedAsync());
        Assert.Equal(1, await RecordsAsync());

        _ingest.Enqueue(ReportedUsage.Of(Batch(200, 300, Entry("b"))));
        _ingest.Enqueue(ReportedUsage.Of(Batch(300, 400, Entry("c"))));
        await UntilAcknowledgedAsync(400);
        Assert.Equal(3, await RecordsAsync());
    }

    [Fact]
    public async Task A_damaged_batch_at_the_beginning_of_a_segment_is_not_skipped_either()
    {
        var damaged = Batch(64, 200, Entry("a"));
        damaged.Format = 99;
        _ingest.Enqueue(ReportedUsage.Of(damaged));
        _ingest.Enqueue(ReportedUsage.Of(Batch(200, 300, Entry("b"))));
        _ingest.Enqueue(ReportedUsage.Of(Batch(64, 200, Entry("a"))));
        _ingest.Enqueue(ReportedUsage.Of(Batch(200, 300, Entry("b"))));
        await UntilAcknowledgedAsync(300);
        Assert.Equal(2, await RecordsAsync());
    }

    [Fact]
    public async Task What_the_store_could_not_take_is_tried_again_in_order_without_the_gateways_help()
    {
        _ledger.Failures = 2;
        _ingest.Enqueue(ReportedUsage.Of(Batch(64, 200, Entry("a"))));
        _ingest.Enqueue(ReportedUsage.Of(Batch(200, 300, Entry("b"))));
        _ingest.Enqueue(ReportedUsage.Of(Batch(300, 400, Entry("c"))));
        await UntilAcknowledgedAsync(400);
        Assert.Equal(3, await RecordsAsync());
    }

    [Fact]
    public async Task Records_are_read_where_the_gateway_has_written_them_one_extent_behind_the_other()
    {
        var first = WriteJournal("boot", 0, Entry("a"), Entry("b"));
        var second = WriteJournal("boot", 1, Entry("c"));
        _ingest.Enqueue(ReportedUsage.Of(Extent(0, 64, first[0])));
        _ingest.Enqueue(ReportedUsage.Of(Extent(0, first[0], first[1])));
        await UntilAcknowledgedAsync(first[1]);
        _ingest.Enqueue(ReportedUsage.Of(Extent(1, 64, second[0])));
        await UntilAcknowledgedAsync(second[0]);
        _ingest.Enqueue(ReportedUsage.Of(Extent(0, first[0], first[1])));
        Assert.Equal(first[1], await AcknowledgedAsync());
        Assert.Equal(["a", "b", "c"], (await _ledger.Store.ListAsync(null, null, 100, Ct)).Select(record => record.InvocationId).Order());
    }

    [Theory]
    [InlineData("boot", 64, 5000)]      // beyond the end of the file
    [InlineData("boot", -8, 64)]
    [InlineData("boot", 64, 1L << 40)]
    [InlineData("nobody", 64, 200)]     // no such file
    [InlineData("../boot", 64, 200)]    // no name of a file
    public async Task An_extent_that_is_not_in_the_journal_is_not_acknowledged_and_what_follows_of_others_is(string boot, long from, long to)
    {
        var end = WriteJournal("other", 0, Entry("a"))[0];
        WriteJournal("boot", 0, Entry("b"));
        _ingest.Enqueue(ReportedUsage.Of(new UsageExtent { Boot = boot, Segment = 0, From = from, To = to, Format = UsageCodec.Format }));
        _ingest.Enqueue(ReportedUsage.Of(new UsageExtent { Boot = "other", Segment = 0, From = 64, To = end, Format = UsageCodec.Format }));
        Assert.Equal(end, await AcknowledgedAsync());
        Assert.Equal(1, await RecordsAsync());
    }

    private static UsageExtent Extent(long segment, long from, long to) => new() { Boot = "boot", Segment = segment, From = from, To = to, Format = UsageCodec.Format };

    /// <summary>A segment as a gateway writes it; the end of each record in it.</summary>
    private List<long> WriteJournal(string boot, long segment, params UsageEntry[] entries)
    {
        const int HeaderLength = 64;
        var folder = Directory.CreateDirectory(new DataFolder(_folder).Journal).FullName;
        var bytes = new List<byte>(new byte[HeaderLength]);
        var ends = new List<long>();
        foreach (var entry in entries)
        {
            bytes.AddRange(BytesOf(entry));
            ends.Add(bytes.Count);
        }

        File.WriteAllBytes(Path.Combine(folder, JournalFile.NameOf(boot, segment)), [.. bytes, .. new byte[1024]]);
        return ends;
    }

    private async Task<int> RecordsAsync() => (await _ledger.Store.ListAsync(null, null, 100, Ct)).Count;

    /// <summary>The next acknowledgement; meanwhile time passes.</summary>
    private async Task<long> AcknowledgedAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            if (_messages.TryRead(out var message) && message.UsageAck is { } ack)
            {
                return ack.To;
            }

            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    private async Task UntilAcknowledgedAsync(long to)
    {
        while (await AcknowledgedAsync() < to)
        {
        }
    }
}
