using Faas.Contracts.Invocations;
using Faas.Controller.Metering;
using Faas.Link;
using Faas.Storage;
using Google.Protobuf;
using static Faas.Controller.Tests.Metering.UsageBatches;

namespace Faas.Controller.Tests.Metering;

public sealed class UsagePricingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fct-usage-").FullName;
    private readonly UsagePricing _pricing = new(PriceBooks.Default());

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_record_has_what_the_gateway_measured_and_what_the_price_table_says()
    {
        var record = (await StoredAsync(Batch(0, 1, Entry("a")))).Single();
        Assert.Equal(
            new UsageRecord
            {
                InvocationId = "a", Function = "hello", Revision = "r1", Instance = "i1", ReceivedAt = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
                Queued = TimeSpan.FromMicroseconds(11), Cold = TimeSpan.FromMicroseconds(12), Run = TimeSpan.FromMicroseconds(1500), BilledMs = 2, MemoryMiB = 256,
                GiBSeconds = 0.0005, BytesIn = 13, BytesOut = 14, Status = 200, PriceVersion = 1, Cost = PriceBooks.Default().Current.CostOf(2, 256),
            },
            record);
    }

    [Fact]
    public async Task Every_cost_is_the_price_tables_however_many_there_are()
    {
        var random = new Random(1);
        UsageEntry[] entries = [.. Enumerable.Range(0, 3000).Select(i => Entry($"{i}", random.Next(5_000_000)) with { MemoryMiB = 128 << random.Next(4) })];
        foreach (var record in await StoredAsync(Batch(0, 1, entries)))
        {
            Assert.Equal(PriceBooks.Default().Current.CostOf(record.BilledMs, record.MemoryMiB), record.Cost);
        }
    }

    [Fact]
    public async Task What_no_instance_ran_is_not_billed()
    {
        var record = (await StoredAsync(Batch(0, 1, Entry("a", 0, InvocationError.CallerGone, instance: "")))).Single();
        Assert.Equal((0, 0m, Blame.Caller), (record.BilledMs, record.Cost, record.Blame));
    }

    [Fact]
    public void A_batch_with_any_bit_turned_over_is_refused()
    {
        var bytes = Batch(0, 1, Entry("a"), Entry("b")).Records.ToByteArray();
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Refuses(Raw(bytes));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_batch_that_ends_within_a_record_is_refused()
    {
        var bytes = BytesOf(Entry("a"));
        for (var length = 1; length < bytes.Length; length++)
        {
            Refuses(Raw(bytes[..length]));
        }
    }

    [Fact]
    public void Noise_is_refused()
    {
        var random = new Random(1);
        for (var i = 0; i < 1000; i++)
        {
            var bytes = new byte[random.Next(1, 500)];
            random.NextBytes(bytes);
            Refuses(Raw(bytes));
        }
    }

    [Fact]
    public void Records_of_another_format_are_refused_by_name()
    {
        var batch = Batch(0, 1, Entry("a"));
        batch.Format = 3;
        Assert.Contains("format 3", Refuses(batch).Message, StringComparison.Ordinal);
        batch.Format = 0;
        Assert.Contains("format 0", Refuses(batch).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Refuses(Batch(0, 1, Entry("a", outcome: (InvocationError)99)));
        for (var field = 0; field < 6; field++)
        {
            Refuses(Raw(Forge(field, -1)));
            Refuses(Raw(Forge(field, long.MaxValue)));
        }

        Refuses(Batch(0, 1, Entry("a") with { MemoryMiB = -1 }));
        Refuses(Batch(0, 1, Entry("a") with { ReceivedUnixUs = -1 }));
    }

    [Fact]
    public void What_a_gateway_writes_is_taken_whatever_it_believes_to_have_measured()
    {
        var chunk = new UsageChunk();
        Add(Batch(0, 1, Entry("a", runUs: -1) with { QueuedUs = long.MinValue, ColdUs = long.MaxValue, BytesIn = -1, BytesOut = long.MaxValue }), chunk);
        Assert.Equal(1, chunk.Count);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static UsageBatch Raw(byte[] bytes)
    {
        var batch = Batch(0, 1);
        batch.Records = ByteString.CopyFrom(bytes);
        return batch;
    }

    private void Add(UsageBatch batch, UsageChunk chunk) => _pricing.AddTo(chunk, batch.Format, batch.Records.Span);

    private FormatException Refuses(UsageBatch batch) => Assert.Throws<FormatException>(() => Add(batch, new UsageChunk()));

    private async Task<IReadOnlyList<UsageRecord>> StoredAsync(UsageBatch batch)
    {
        await using var store = await SqliteStore.OpenAsync(Path.Combine(_folder, "faas.db"), "USD", Ct);
        await store.IngestAsync(new(batch.Boot, batch.Segment, batch.From, batch.To), chunk => Add(batch, chunk), Ct);
        return await store.ListAsync(null, null, 10_000, Ct);
    }
}
