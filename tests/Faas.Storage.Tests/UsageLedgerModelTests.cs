using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using static Faas.Storage.Tests.Sample;

namespace Faas.Storage.Tests;

/// <summary>The ledger against a list: whatever is ingested, sent again, pruned and opened again, every question has the list's answer.</summary>
public sealed class UsageLedgerModelTests : IDisposable
{
    private readonly StoreFolder _folder = new();
    private readonly List<UsageRecord> _kept = [];
    private readonly List<UsageRecord> _all = [];
    private readonly Dictionary<string, long> _positions = [];
    private DateTimeOffset _pruned = DateTimeOffset.MinValue;
    private DateTimeOffset _minutesPruned = DateTimeOffset.MinValue;
    private long _counter;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Every_question_has_the_answer_that_a_list_of_the_records_gives(int seed)
    {
        var random = new Random(seed);
        var store = await _folder.OpenAsync();
        for (var step = 0; step < 60; step++)
        {
            switch (random.Next(20))
            {
                case 0:
                    await store.DisposeAsync();
                    store = await _folder.OpenAsync();
                    break;
                case 1:
                    await PruneAsync(store, Noon.AddSeconds(random.Next(200_000)));
                    break;
                case 2:
                    await PruneMinutesAsync(store, Noon.AddSeconds(random.Next(200_000)));
                    break;
                default:
                    await IngestAsync(store, random, random.Next(4) switch { 0 => 1, 1 => random.Next(2, 50), 2 => random.Next(50, 500), _ => random.Next(2500, 7000) });
                    break;
            }

            if (step % 6 == 5)
            {
                await CompareAsync(store, random);
            }
        }

        await CompareAsync(store, random);
        await store.DisposeAsync();
    }

    private async Task IngestAsync(SqliteStore store, Random random, int count)
    {
        var boot = $"boot{random.Next(2)}";
        var from = _positions.GetValueOrDefault(boot);
        var position = new UsagePosition(boot, 0, from, from + count);
        List<UsageRecord> records = [.. Enumerable.Range(0, count).Select(_ => Record(random, boot))];
        await store.IngestAsync(position, records, Ct);
        await store.IngestAsync(position, records, Ct);
        await Assert.ThrowsAsync<UsageGapException>(() => store.IngestAsync(position with { From = from + count + 1, To = from + count + 2 }, records, Ct));
        _positions[boot] = from + count;
        _kept.AddRange(records);
        _all.AddRange(records);
    }

    private async Task PruneAsync(SqliteStore store, DateTimeOffset before)
    {
        Assert.Equal(_kept.RemoveAll(record => record.ReceivedAt < before), await store.PruneAsync(before, Ct));
        _pruned = before > _pruned ? before : _pruned;
    }

    private async Task PruneMinutesAsync(SqliteStore store, DateTimeOffset before)
    {
        await store.PruneMinutesAsync(before, Ct);
        _minutesPruned = before > _minutesPruned ? before : _minutesPruned;
    }

    private async Task CompareAsync(SqliteStore store, Random random)
    {
        Assert.Equal(
            _all.GroupBy(record => record.Function).ToDictionary(group => group.Key, TotalsOf),
            (await store.TotalsAsync(Ct)).ToDictionary());
        var days = await store.SumsAsync(UsagePeriod.Day, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, Ct);
        Assert.Equal(SumsOf(_all, at => new DateTimeOffset(at.Date, TimeSpan.Zero)), days);

        // Hours whose records are pruned in part have what they had, or nothing if the whole hour was pruned; later ones are whole.
        var firstWhole = _pruned == DateTimeOffset.MinValue ? _pruned : HourOf(_pruned).AddHours(1);
        var hours = await store.SumsAsync(UsagePeriod.Hour, firstWhole, DateTimeOffset.MaxValue, Ct);
        Assert.Equal(SumsOf(_all.Where(record => record.ReceivedAt >= firstWhole), HourOf), hours);

        var firstMinute = _pruned > _minutesPruned ? _pruned : _minutesPruned;
        firstMinute = firstMinute == DateTimeOffset.MinValue ? firstMinute : MinuteOf(firstMinute).AddMinutes(1);
        var minutes = await store.SumsAsync(UsagePeriod.Minute, firstMinute, DateTimeOffset.MaxValue, Ct);
        Assert.Equal(SumsOf(_all.Where(record => record.ReceivedAt >= firstMinute), MinuteOf), minutes);

        var (from, to) = (Noon.AddSeconds(random.Next(-1000, 3 * _all.Count)), Noon.AddSeconds(random.Next(3 * _all.Count)));
        var visited = new List<(long, long)>();
        Assert.True(await store.VisitAsync(from, to, long.MaxValue, (in UsageLine line) => visited.Add((line.ReceivedUs, line.CostPico)), Ct));
        Assert.Equal(
            _kept.Where(record => record.ReceivedAt >= from && record.ReceivedAt < to).Select(record => (Sqlite.UnixMicroseconds.From(record.ReceivedAt), PicoMoney.FromAmount(record.Cost))).Order(),
            visited.Order());

        var function = $"f{random.Next(8)}";
        var id = _all.Count == 0 ? "none" : _all[random.Next(_all.Count)].InvocationId;
        foreach (var (name, invocation) in ((string?, string?)[])[(null, null), (function, null), (null, id), (function, id), (null, "never"), ("nobody", null)])
        {
            var limit = random.Next(1, 2000);
            var expected = _kept.Where(record => (name is null || record.Function == name) && (invocation is null || record.InvocationId == invocation)).ToList();
            var listed = await store.ListAsync(name, invocation, limit, Ct);
            Assert.Equal(expected.Select(record => record.ReceivedAt).OrderDescending().Take(limit), listed.Select(record => record.ReceivedAt));
            Assert.Subset(expected.ToHashSet(), listed.ToHashSet());
            Assert.Equal(listed.Count, listed.Distinct().Count());
        }
    }

    private UsageRecord Record(Random random, string boot)
    {
        var billed = random.Next(10) == 0 ? 0 : random.Next(1, 5000);
        var memory = 128 << random.Next(3);
        var outcome = random.Next(10) == 0 ? (InvocationError)random.Next(12) : InvocationError.None;
        return new UsageRecord
        {
            InvocationId = random.Next(3) switch
            {
                0 => $"chosen {random.Next(50)}",
                1 => $"01kaw3x9tt{boot[^1]}z{_counter / 7 % 8}00000{"0123456789abcdefghjkmnpqrstvwxyz"[(int)(_counter % 32)]}z",
                _ => Guid.NewGuid().ToString(),
            },
            Function = $"f{Math.Min(random.Next(10), random.Next(10))}",
            Revision = $"r{random.Next(2)}",
            Instance = random.Next(5) == 0 ? "" : $"i{random.Next(4)}",
            ReceivedAt = Noon.AddSeconds((_all.Count * 3) + random.Next(-500, 500)).AddMicroseconds(_counter++),   // no two alike, so that the order is one
            Queued = TimeSpan.FromMicroseconds(random.Next(3) * random.Next(1000)),
            Cold = TimeSpan.FromMicroseconds(random.Next(2) * random.Next(5000)),
            Run = TimeSpan.FromMicroseconds(random.Next(10_000_000)),
            Cpu = TimeSpan.FromMicroseconds(random.Next(3) * random.Next(10_000_000)),
            PeakKiB = random.Next(3) * random.Next(1 << 20),
            BilledMs = billed,
            MemoryMiB = memory,
            GiBSeconds = billed / 1000.0 * memory / 1024,
            BytesIn = random.Next(2) * random.Next(),
            BytesOut = random.NextInt64(1L << 40),
            Status = 200 + random.Next(300),
            Outcome = outcome,
            Blame = InvocationErrors.Of(outcome).Blame,
            PriceVersion = random.Next(3),
            Cost = PicoMoney.ToAmount(random.NextInt64(1_000_000_000)),
        };
    }

    private static DateTimeOffset HourOf(DateTimeOffset at) => at.AddTicks(-(at.UtcTicks % TimeSpan.TicksPerHour));

    private static DateTimeOffset MinuteOf(DateTimeOffset at) => at.AddTicks(-(at.UtcTicks % TimeSpan.TicksPerMinute));

    private static IEnumerable<UsagePeriodSum> SumsOf(IEnumerable<UsageRecord> records, Func<DateTimeOffset, DateTimeOffset> startOf) =>
        from record in records
        group record by (Start: startOf(record.ReceivedAt), record.Function, record.Revision, record.Outcome, record.PriceVersion) into sum
        orderby sum.Key
        select new UsagePeriodSum(sum.Key.Start, sum.Key.Function, sum.Key.Revision, sum.Key.Outcome, sum.Key.PriceVersion, TotalsOf(sum));

    private static UsageTotals TotalsOf(IEnumerable<UsageRecord> group)
    {
        var records = group.ToList();
        return new UsageTotals(
            records.Count, records.Count(record => record.Outcome != InvocationError.None), records.Count(record => record.Cold > TimeSpan.Zero),
            records.Sum(record => record.BilledMs), records.Sum(record => record.BilledMs * record.MemoryMiB) / 1_024_000.0,
            records.Sum(record => record.BytesIn), records.Sum(record => record.BytesOut), records.Sum(record => record.Cost), "USD")
        {
            Billed = records.Count(record => record.BilledMs > 0),
            CpuSeconds = records.Sum(record => Sqlite.UnixMicroseconds.From(record.Cpu)) / 1_000_000.0,
            PeakKiB = records.Max(record => record.PeakKiB),
        };
    }
}
