using System.Text;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>Reads usage records and sums. A session's reads see one commit.</summary>
internal static class UsageQueries
{
    private const string NewestChunks = "SELECT id, keys FROM usage_chunks ORDER BY id DESC";

    private const string ChunksBetween = "SELECT id, records FROM usage_chunks WHERE last_us >= ? AND first_us < ?";

    /// <summary>A sum's columns, which <see cref="SumOf"/> reads.</summary>
    public const string SumColumns = "SELECT invocations, errors, cold_starts, billed_ms, mib_ms, bytes_in, bytes_out, cost_pico, billed, cpu_us, peak_kib";

    /// <summary>How many they are: where other columns begin.</summary>
    public const int SumColumnCount = 11;

    private const string SelectTotals = SumColumns + ", function FROM usage_totals";

    private const string SelectPeriods = SumColumns +
        ", start_s, function, revision, outcome, price FROM usage_sums WHERE period = ? AND start_s >= ? AND start_s < ? ORDER BY start_s, function, revision, outcome, price";

    /// <summary>
    /// Walks the chunks from the newest and opens those whose keys say that they may have what is looked for; ends when nothing newer can come. A function
    /// that is busy is found in the first chunks; for one that is not, and for an id, the keys of all are read: 1 ms for 20 million records with ids of
    /// gateways, 7 ms for each million whose ids callers chose.
    /// </summary>
    public static List<UsageRecord> List(SqliteSession session, string? function, string? invocationId, int limit)
    {
        var name = function is null ? null : Encoding.UTF8.GetBytes(function);
        var id = invocationId is null ? null : Encoding.UTF8.GetBytes(invocationId);
        var nameKey = name is null ? 0 : UsageKeys.OfFunction(name);
        var idKey = id is null ? 0 : UsageKeys.OfInvocation(id);
        var found = new NewestRecords(limit);
        using var rows = session.Statement(NewestChunks).Read();
        while (rows.Next())
        {
            var chunk = rows.Int64(0);
            if (found.IsDoneBefore(chunk))
            {
                break;
            }

            var keys = rows.Blob(1);
            if ((name is null || UsageKeys.Contain(keys, nameKey)) && (id is null || UsageKeys.Contain(keys, idKey)))
            {
                UsageChunks.ReadBody(session, chunk, body => Show(found, body, name, id));
            }
        }

        return found.ToList();
    }

    public static Dictionary<string, UsageTotals> Totals(SqliteSession session, string currency)
    {
        var sums = UsageSums.OfUnsummed(session, UsagePeriod.Day).ByFunction();
        using var rows = session.Statement(SelectTotals).Read();
        while (rows.Next())
        {
            var function = rows.Text(SumColumnCount);
            sums[function] = sums.GetValueOrDefault(function) + SumOf(rows);
        }

        return sums.ToDictionary(sum => sum.Key, sum => sum.Value.ToTotals(currency), StringComparer.Ordinal);
    }

    public static UsageTotals Totals(SqliteSession session, string function, string currency)
    {
        var sum = UsageSums.OfUnsummed(session, UsagePeriod.Day).ByFunction().GetValueOrDefault(function);
        var select = session.Statement(SelectTotals + " WHERE function = ?");
        select.Bind(1, function);
        using var rows = select.Read();
        return (rows.Next() ? sum + SumOf(rows) : sum).ToTotals(currency);
    }

    public static List<UsagePeriodSum> Sums(SqliteSession session, UsagePeriod period, DateTimeOffset from, DateTimeOffset to, string currency)
    {
        var (fromS, toS) = (from.ToUnixTimeSeconds(), to.ToUnixTimeSeconds());
        var waiting = UsageSums.OfUnsummed(session, period).By(period).Where(sum => sum.Key.StartS >= fromS && sum.Key.StartS < toS).ToDictionary();
        var sums = new List<(UsageSumKey Key, UsageSum Sum)>();
        var select = session.Statement(SelectPeriods);
        select.Bind(1, (long)period);
        select.Bind(2, fromS);
        select.Bind(3, toS);
        using (var rows = select.Read())
        {
            while (rows.Next())
            {
                var key = new UsageSumKey(
                    rows.Int64(SumColumnCount), rows.Text(SumColumnCount + 1), rows.Text(SumColumnCount + 2), (InvocationError)rows.Int64(SumColumnCount + 3), (int)rows.Int64(SumColumnCount + 4));
                sums.Add((key, waiting.Remove(key, out var more) ? SumOf(rows) + more : SumOf(rows)));
            }
        }

        if (waiting.Count > 0)
        {
            // The stored ones came in this order, because it is that of their table's key: to sort all is not much more than to look.
            sums.AddRange(waiting.Select(sum => (sum.Key, sum.Value)));
            sums.Sort(static (one, other) => one.Key.CompareTo(other.Key));
        }

        return
        [
            .. from sum in sums
               let start = DateTimeOffset.FromUnixTimeSeconds(sum.Key.StartS)
               select new UsagePeriodSum(start, sum.Key.Function, sum.Key.Revision, sum.Key.Outcome, sum.Key.Price, sum.Sum.ToTotals(currency)),
        ];
    }

    /// <summary>Shows the records received from <paramref name="fromUs"/> up to before <paramref name="toUs"/>; false when their chunks have more than <paramref name="limit"/>.</summary>
    public static bool Visit(SqliteSession session, long fromUs, long toUs, long limit, UsageVisitor visitor, CancellationToken ct)
    {
        List<(long Id, long Records)> chunks = [];
        var select = session.Statement(ChunksBetween);
        select.Bind(1, fromUs);
        select.Bind(2, toUs);
        using (var rows = select.Read())
        {
            while (rows.Next())
            {
                chunks.Add((rows.Int64(0), rows.Int64(1)));
            }
        }

        if (chunks.Sum(chunk => chunk.Records) > limit)
        {
            return false;
        }

        foreach (var (id, _) in chunks)
        {
            ct.ThrowIfCancellationRequested();
            UsageChunks.ReadBody(session, id, body =>
            {
                var reader = new UsageChunkReader(body);
                while (reader.Read(out var line))
                {
                    if (line.ReceivedUs >= fromUs && line.ReceivedUs < toUs)
                    {
                        visitor(line);
                    }
                }
            });
        }

        return true;
    }

    private static void Show(NewestRecords found, ReadOnlySpan<byte> body, byte[]? name, byte[]? id)
    {
        var reader = new UsageChunkReader(body);
        var origins = new Origin?[reader.Origins];
        while (reader.Read(out var line))
        {
            if ((id is null || line.InvocationId.SequenceEqual(id)) && (name is null || Origin.FunctionOf(line.Origin).SequenceEqual(name)))
            {
                found.Show(line, origins[reader.Origin] ??= Origin.Parse(line.Origin));
            }
        }
    }

    /// <summary>Reads a sum.</summary>
    public static UsageSum SumOf(in SqliteRows rows) => new(
        rows.Int64(0), rows.Int64(1), rows.Int64(2), rows.Int64(3), rows.Int64(4), rows.Int64(5), rows.Int64(6), rows.Int64(7), rows.Int64(8), rows.Int64(9), rows.Int64(10));
}
