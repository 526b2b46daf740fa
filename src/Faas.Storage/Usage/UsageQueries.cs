using System.Text;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>Reads usage records and sums. A session's reads see one commit.</summary>
internal static class UsageQueries
{
    private const string NewestChunks = "SELECT id, keys FROM usage_chunks ORDER BY id DESC";

    private const string SumColumns = "SELECT invocations, errors, cold_starts, billed_ms, mib_ms, bytes_in, bytes_out, cost_pico";

    private const string SelectTotals = SumColumns + ", function FROM usage_totals";

    private const string SelectPeriods =
        SumColumns + ", start_s, function, revision, outcome FROM usage_sums WHERE period = ? AND start_s >= ? AND start_s < ?";

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
        var sums = UsageSums.OfUnsummed(session).ByFunction();
        using var rows = session.Statement(SelectTotals).Read();
        while (rows.Next())
        {
            var function = rows.Text(8);
            sums[function] = sums.GetValueOrDefault(function) + SumOf(rows);
        }

        return sums.ToDictionary(sum => sum.Key, sum => sum.Value.ToTotals(currency), StringComparer.Ordinal);
    }

    public static UsageTotals Totals(SqliteSession session, string function, string currency)
    {
        var sum = UsageSums.OfUnsummed(session).ByFunction().GetValueOrDefault(function);
        var select = session.Statement(SelectTotals + " WHERE function = ?");
        select.Bind(1, function);
        using var rows = select.Read();
        return (rows.Next() ? sum + SumOf(rows) : sum).ToTotals(currency);
    }

    public static List<UsagePeriodSum> Sums(SqliteSession session, UsagePeriod period, DateTimeOffset from, DateTimeOffset to, string currency)
    {
        var (fromS, toS) = (from.ToUnixTimeSeconds(), to.ToUnixTimeSeconds());
        var sums = UsageSums.OfUnsummed(session).By(period).Where(sum => sum.Key.StartS >= fromS && sum.Key.StartS < toS).ToDictionary();
        var select = session.Statement(SelectPeriods);
        select.Bind(1, (long)period);
        select.Bind(2, fromS);
        select.Bind(3, toS);
        using var rows = select.Read();
        while (rows.Next())
        {
            var key = new UsageSumKey(rows.Int64(8), rows.Text(9), rows.Text(10), (InvocationError)rows.Int64(11));
            sums[key] = sums.GetValueOrDefault(key) + SumOf(rows);
        }

        return
        [
            .. from sum in sums
               orderby sum.Key.StartS, sum.Key.Function, sum.Key.Revision, sum.Key.Outcome
               let start = DateTimeOffset.FromUnixTimeSeconds(sum.Key.StartS)
               select new UsagePeriodSum(start, sum.Key.Function, sum.Key.Revision, sum.Key.Outcome, sum.Value.ToTotals(currency)),
        ];
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

    private static UsageSum SumOf(in SqliteRows rows) => new(
        rows.Int64(0), rows.Int64(1), rows.Int64(2), rows.Int64(3), rows.Int64(4), rows.Int64(5), rows.Int64(6), rows.Int64(7));
}
