using System.Text;
using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Faas.Storage.Tests;

/// <summary>Where few invocations come, chunks are small at first, and made into large ones.</summary>
public sealed class UsageMergingTests : IAsyncLifetime
{
    /// <summary>Just above what may wait in chunks, so that a batch adds them up and merges them.</summary>
    private const int Records = 50_400;

    private const int OfBatch = 8;
    private const int Functions = 200;

    private static readonly DateTimeOffset Start = Sample.Noon;
    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(25);

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
    public async Task Small_batches_of_many_functions_take_no_more_than_large_ones_once_they_are_added_up()
    {
        await IngestAsync(Records);
        var (chunks, bytes) = Stored();
        Assert.InRange(chunks, 1, 20);
        Assert.InRange(bytes / (double)Records, 1, 30);
        Assert.Equal(Enumerable.Range(0, Records), await VisitAsync());
        Assert.Equal(Records, (await _store.TotalsAsync(Ct)).Values.Sum(total => total.Invocations));
        var found = Assert.Single(await _store.ListAsync(null, "id-12345", 10, Ct));
        Assert.Equal((NameOf(12345), Start + (12345 * Apart)), (found.Function, found.ReceivedAt));
        Assert.Equal(["id-50399", "id-50398"], (await _store.ListAsync(null, null, 2, Ct)).Select(record => record.InvocationId));
    }

    [Fact]
    public async Task Pruning_that_merges_first_removes_what_is_old_and_nothing_else()
    {
        await IngestAsync(4_000);
        Assert.Equal(1_234, await _store.PruneAsync(Start + (1_234 * Apart), Ct));
        Assert.Equal(Enumerable.Range(1_234, 4_000 - 1_234), await VisitAsync());
        Assert.Equal(4_000, (await _store.TotalsAsync(Ct)).Values.Sum(total => total.Invocations));
    }

    private static string NameOf(int number) => $"function-{number % Functions}";

    private static byte[] OriginOf(int number) =>
        [.. new[] { NameOf(number), NameOf(number) + "-0123456789ab", "i-0123456789abcdef" }.SelectMany(text => (byte[])[(byte)text.Length, .. Encoding.UTF8.GetBytes(text)])];

    private async Task IngestAsync(int records)
    {
        for (var first = 0; first < records; first += 100 * OfBatch)
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(batch => first + (batch * OfBatch)).Where(from => from < records).Select(
                from => _store.IngestAsync(new UsagePosition("boot", 0, from, from + OfBatch), chunk => Add(chunk, from), Ct)));
        }
    }

    private static void Add(UsageChunk chunk, int from)
    {
        for (var number = from; number < from + OfBatch; number++)
        {
            chunk.Add(new UsageLine
            {
                InvocationId = Encoding.UTF8.GetBytes($"id-{number}"), Origin = OriginOf(number), ReceivedUs = UnixMicroseconds.From(Start + (number * Apart)), QueuedUs = 0, ColdUs = 0, RunUs = 1500, CpuUs = 0, PeakKiB = 0,
                BilledMs = 2, MemoryMiB = 128, BytesIn = 0, BytesOut = 26, Status = 200, Outcome = InvocationError.None, Price = 1, CostPico = 4_000,
            });
        }
    }

    /// <summary>The numbers of all records, in order.</summary>
    private async Task<List<int>> VisitAsync()
    {
        List<int> numbers = [];
        await _store.VisitAsync(Start, Start.AddDays(1), long.MaxValue, (in UsageLine line) => numbers.Add(int.Parse(Encoding.UTF8.GetString(line.InvocationId)[3..], System.Globalization.CultureInfo.InvariantCulture)), Ct);
        numbers.Sort();
        return numbers;
    }

    private (long Chunks, long Bytes) Stored()
    {
        using var session = SqliteSession.Open(_folder.Database, SqliteOpenMode.ReadOnly);
        return ((long)session.Scalar("SELECT count(*) FROM usage_chunks")!, (long)session.Scalar("SELECT sum(length(body)) FROM usage_bodies")!);
    }
}
