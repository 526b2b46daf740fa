using Faas.Contracts.Invocations;
using static Faas.Storage.Tests.Sample;

namespace Faas.Storage.Tests;

/// <summary>The compact form of usage records.</summary>
public sealed class UsageChunkTests : IAsyncLifetime
{
    private readonly StoreFolder _folder = new();
    private SqliteStore _store = null!;   // InitializeAsync runs before every test

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await _folder.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Extreme_and_odd_records_come_back_as_they_were()
    {
        UsageRecord[] records =
        [
            Usage("01kaw3x9ttyz00000000"),
            Usage("01kaw3x9ttyzzzzzzzzz", second: -1),
            Usage("11kaw3x9ttyz00000000", "another gateway"),
            Usage("01KAW3X9TTYZ00000001", "no digits of a gateway's"),
            Usage(new string('x', 255), second: 2_000_000_000),
            Usage("", "") with { Revision = "", Instance = "" },
            Usage("ü", new string('f', 255)) with { Run = TimeSpan.MaxValue, BytesIn = long.MaxValue, BytesOut = long.MaxValue, MemoryMiB = int.MaxValue },
            Usage("before 1970") with { ReceivedAt = new DateTimeOffset(1900, 1, 1, 0, 0, 0, TimeSpan.Zero) },
            Usage("unbilled") with { BilledMs = 0, GiBSeconds = 0, Cost = 0, Outcome = InvocationError.Unavailable, Blame = Blame.Platform, Status = 503 },
        ];
        UsageRecord[] expected = [.. records.Select(record => record with
        {
            Run = TimeSpan.FromTicks(record.Run.Ticks / 10 * 10), GiBSeconds = record.BilledMs / 1000.0 * record.MemoryMiB / 1024,
        })];

        await _store.IngestAsync(new("boot", 0, 0, 1), records, Ct);

        Assert.Equal(expected.ToHashSet(), (await _store.ListAsync(null, null, 100, Ct)).ToHashSet());
        foreach (var record in expected)
        {
            Assert.Equal(record, Assert.Single(await _store.ListAsync(record.Function, record.InvocationId, 100, Ct)));
        }
    }

    [Fact]
    public async Task Thousands_of_small_batches_make_a_handful_of_chunks()
    {
        await Task.WhenAll(Enumerable.Range(0, 3000).Select(i => _store.IngestAsync(new("boot", i, 0, 1), [Usage($"{i}", second: i)], Ct)));

        Assert.InRange(await ChunksAsync(), 1, 3000 / 256 + 1);
        Assert.Equal(Enumerable.Range(0, 3000).Reverse().Select(i => $"{i}"), (await _store.ListAsync(null, null, 10_000, Ct)).Select(record => record.InvocationId));
    }

    [Fact]
    public async Task A_batch_that_breaks_off_leaves_nothing_in_the_chunk_that_it_was_added_to()
    {
        await _store.IngestAsync(new("boot", 0, 0, 1), [Usage("a")], Ct);
        await Assert.ThrowsAsync<FormatException>(() => _store.IngestAsync(
            new("boot", 0, 1, 3),
            chunk =>
            {
                chunk.Add(Usage("b"));
                throw new FormatException("the second is damaged");
            },
            Ct));
        await _store.IngestAsync(new("boot", 0, 1, 2), [Usage("c")], Ct);

        Assert.Equal(["a", "c"], (await _store.ListAsync(null, null, 10, Ct)).Select(record => record.InvocationId).Order());
        Assert.Equal(2, (await _store.TotalsAsync("hello", Ct)).Invocations);
    }

    [Fact]
    public async Task An_id_that_is_too_long_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _store.IngestAsync(new("boot", 0, 0, 1), [Usage(new string('x', 256))], Ct));
    }

    [Fact]
    public void A_typical_record_takes_a_dozen_bytes()
    {
        var random = new Random(1);
        UsageRecord[] records = [.. Enumerable.Range(0, 4096).Select(i => Usage($"01kaw3x9ttyz0000{"0123456789abcdefghjkmnpqrstvwxyz"[i / 1024]}000") with
        {
            ReceivedAt = Noon.AddMicroseconds(i * 25), Cold = TimeSpan.Zero, Run = TimeSpan.FromMicroseconds(random.Next(150, 900)), BilledMs = 1,
        })];
        var chunk = LedgerRecords.ChunkOf(records);
        Assert.InRange(chunk.ToBytes().Length + chunk.KeysToBytes().Length, 1, 4096 * 12);
    }

    [Fact]
    public async Task A_chunk_that_straddles_the_limit_keeps_what_is_younger()
    {
        await _store.IngestAsync(new("boot", 0, 0, 1), [.. Enumerable.Range(0, 100).Select(i => Usage($"{i}", i % 2 == 0 ? "even" : "odd", second: (i * 37 % 100) * 3600))], Ct);

        Assert.Equal(51, await _store.PruneAsync(Noon.AddHours(50.5), Ct));
        Assert.Equal(0, await _store.PruneAsync(Noon.AddHours(50.5), Ct));

        var left = await _store.ListAsync(null, null, 100, Ct);
        Assert.Equal(Enumerable.Range(51, 49).Reverse(), left.Select(record => (int)(record.ReceivedAt - Noon).TotalHours));
        Assert.Equal(left.Where(record => record.Function == "odd"), await _store.ListAsync("odd", null, 100, Ct));
        Assert.Equal(100, (await _store.TotalsAsync(Ct)).Sum(total => total.Value.Invocations));
        Assert.Equal(Noon.AddHours(50), (await _store.SumsAsync(UsagePeriod.Hour, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, Ct))[0].Start);
        Assert.Equal(100, (await _store.SumsAsync(UsagePeriod.Day, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, Ct)).Sum(day => day.Totals.Invocations));
    }

    [Fact]
    public async Task Sums_are_exact_after_every_batch_before_and_after_chunks_are_added_to_them()
    {
        UsageRecord[] batch = [.. Enumerable.Range(0, 2000).Select(i => Usage($"{i}", second: i))];
        for (var i = 1; i <= 80; i++)
        {
            await _store.IngestAsync(new("boot", i, 0, 1), batch, Ct);
            Assert.Equal((i * 2000, PicoMoney.ToAmount(i * 2000)), ((await _store.TotalsAsync("hello", Ct)).Invocations, (await _store.TotalsAsync(Ct))["hello"].Cost));
            var day = Assert.Single(await _store.SumsAsync(UsagePeriod.Day, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, Ct));
            Assert.Equal(i * 2000, day.Totals.Invocations);
        }

        Assert.True(await _store.Writer.WriteAsync(session => (long)session.Scalar("SELECT sum(invocations) FROM usage_totals")! >= 100_000, Ct));   // some waited no longer
    }

    [Fact]
    public async Task Sums_are_of_the_periods_that_begin_from_one_moment_up_to_before_another()
    {
        await _store.IngestAsync(new("boot", 0, 0, 1), [Usage("a", second: -3600), Usage("b"), Usage("c", second: 3599), Usage("d", second: 3600)], Ct);
        var hour = Assert.Single(await _store.SumsAsync(UsagePeriod.Hour, Noon, Noon.AddHours(1), Ct));
        Assert.Equal((Noon, "hello", "r1", InvocationError.None, 2L), (hour.Start, hour.Function, hour.Revision, hour.Outcome, hour.Totals.Invocations));
    }

    [Theory]
    [InlineData(4, "version")]
    [InlineData(40, "damaged")]
    public async Task A_chunk_that_is_damaged_or_of_a_later_version_is_told_and_not_misread(int at, string reason)
    {
        await _store.IngestAsync(new("boot", 0, 0, 1), [Usage("a")], Ct);
        var body = LedgerRecords.ChunkOf([Usage("a")]).ToBytes();
        body[at]++;
        if (reason == "version")
        {
            BitConverter.TryWriteBytes(body, Crc32C.Of(body.AsSpan(4)));
        }

        await _store.Writer.WriteAsync(session => session.Execute("UPDATE usage_bodies SET body = $body", ("$body", body)), Ct);

        var exception = await Assert.ThrowsAsync<StoreException>(() => _store.ListAsync(null, null, 10, Ct));
        Assert.Equal(StoreFailure.Damaged, exception.Failure);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chunks_from_before_anything_was_measured_are_read()
    {
        await _store.IngestAsync(new("boot", 0, 0, 1), [Usage("a")], Ct);
        await ReplaceAsync(2, Unmeasured(LedgerRecords.ChunkOf([Usage("a")]).ToBytes()));
        Assert.Equal(Usage("a"), Assert.Single(await _store.ListAsync(null, null, 10, Ct)));
    }

    [Fact]
    public async Task Chunks_from_before_prices_had_versions_are_read()
    {
        await _store.IngestAsync(new("boot", 0, 0, 1), [Usage("a")], Ct);
        var body = LedgerRecords.ChunkOf([Usage("a")]).ToBytes();
        Assert.Equal(0, body[PriceAt]);
        body = Unmeasured(body);
        await ReplaceAsync(1, [.. body[..PriceAt], .. body[(PriceAt + 1)..]]);
        Assert.Equal(Usage("a"), Assert.Single(await _store.ListAsync(null, null, 10, Ct)));
    }

    [Fact]
    public async Task More_records_than_the_limit_are_not_shown()
    {
        await _store.IngestAsync(new("boot", 0, 0, 1), [Usage("a"), Usage("b", second: 60)], Ct);
        var seen = 0;
        Assert.False(await _store.VisitAsync(Noon, Noon.AddHours(1), 1, (in UsageLine _) => seen++, Ct));
        Assert.Equal(0, seen);
    }

    /// <summary>In a chunk of one record of the sample: after numbers of records, origins and results, and 256 MiB, 200, None.</summary>
    private static int PriceAt => UsageChunk.HeaderLength + 1 + 1 + new Origin("hello", "r1", "i1").ToBytes().Length + 1 + 2 + 2 + 1;

    /// <summary>The same without CPU time and peak, which come after times and bytes.</summary>
    private static byte[] Unmeasured(byte[] body)
    {
        var at = PriceAt + 2;
        for (var number = 0; number < 3; number++)
        {
            Varint.Read(body, ref at);
        }

        var end = at;
        Varint.Read(body, ref end);
        Varint.Read(body, ref end);
        return [.. body[..at], .. body[end..]];
    }

    private async Task ReplaceAsync(byte version, byte[] body)
    {
        body[UsageChunk.HeaderLength - 1] = version;
        BitConverter.TryWriteBytes(body, Crc32C.Of(body.AsSpan(4)));
        await _store.Writer.WriteAsync(session => session.Execute("UPDATE usage_bodies SET body = $body", ("$body", body)), Ct);
    }

    private async Task<long> ChunksAsync() => (long)(await _store.Writer.WriteAsync(session => session.Scalar("SELECT count(*) FROM usage_chunks"), Ct))!;   // count has a row
}
