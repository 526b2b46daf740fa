using System.Runtime.InteropServices;
using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>
/// What every function that was ever invoked has used since the beginning, by outcome: what counters are made of. They agree with the records at every moment and never fall.
/// Safe for several threads.
/// </summary>
/// <remarks>
/// The ledger keeps days by outcome and totals without, and a year of ten thousand functions is some millions of days. So days that are over are added up once and remembered.
/// Usage may come late, even of days that are over; then the totals say more than the days that are remembered and those that are not, and all are added up anew: a second or two.
/// </remarks>
public sealed class UsageCounters
{
    private const long DayS = (long)UsagePeriod.Day;

    private const string SelectDays = UsageQueries.SumColumns + ", function, outcome FROM usage_sums WHERE period = ? AND start_s >= ? AND start_s < ?";

    private const string SelectTotals = UsageQueries.SumColumns + ", function FROM usage_totals";

    private readonly SqliteReaders _readers;
    private readonly Lock _lock = new();

    /// <summary>Days that are over, and what of the totals is in no day. Guarded by the lock.</summary>
    private Dictionary<UsageCountKey, UsageSum> _settled = [];

    /// <summary>The first day that is not in them: seconds since 1970.</summary>
    private long _settledTo = long.MinValue;

    internal UsageCounters(SqliteReaders readers) => _readers = readers;

    /// <summary>How often all days were added up: once, and whenever usage of a day long over came in.</summary>
    public int Recounts { get; private set; }

    /// <summary>The sums at this moment. <paramref name="now"/> only says which days are over; it may be wrong.</summary>
    public Task<Dictionary<UsageCountKey, UsageSum>> ReadAsync(DateTimeOffset now, CancellationToken ct)
    {
        // Yesterday's last invocations come in today.
        var over = ((now.ToUnixTimeSeconds() / DayS) - 1) * DayS;
        return _readers.ReadAsync(session => Read(session, over), ct);
    }

    private Dictionary<UsageCountKey, UsageSum> Read(SqliteSession session, long over)
    {
        lock (_lock)
        {
            if (_settledTo == long.MinValue)
            {
                Recount(session, over);
            }
            else if (over > _settledTo)
            {
                AddDays(session, _settled, _settledTo, over);
                _settledTo = over;
            }

            var sums = WithRecent(session);
            if (!Unsplit(session, sums).Values.All(rest => rest.Invocations <= 0))
            {
                Recount(session, over);
                sums = WithRecent(session);
            }

            foreach (var (key, sum) in UsageSums.OfUnsummed(session, UsagePeriod.Day).By(UsagePeriod.Day))
            {
                Add(sums, new UsageCountKey(key.Function, key.Outcome), sum);
            }

            return sums;
        }
    }

    private void Recount(SqliteSession session, long over)
    {
        Recounts++;
        _settled = [];
        AddDays(session, _settled, long.MinValue, over);
        _settledTo = over;
        foreach (var (function, rest) in Unsplit(session, WithRecent(session)))
        {
            if (rest.Invocations > 0)
            {
                Add(_settled, new UsageCountKey(function, null), rest);
            }
        }
    }

    private Dictionary<UsageCountKey, UsageSum> WithRecent(SqliteSession session)
    {
        var sums = new Dictionary<UsageCountKey, UsageSum>(_settled);
        AddDays(session, sums, _settledTo, long.MaxValue);
        return sums;
    }

    /// <summary>What the totals have that <paramref name="sums"/> have not.</summary>
    private static Dictionary<string, UsageSum> Unsplit(SqliteSession session, Dictionary<UsageCountKey, UsageSum> sums)
    {
        var rests = new Dictionary<string, UsageSum>(StringComparer.Ordinal);
        using var rows = session.Statement(SelectTotals).Read();
        while (rows.Next())
        {
            rests[rows.Text(UsageQueries.SumColumnCount)] = UsageQueries.SumOf(rows);
        }

        foreach (var (key, sum) in sums)
        {
            ref var rest = ref CollectionsMarshal.GetValueRefOrAddDefault(rests, key.Function, out _);
            rest -= sum;
        }

        return rests;
    }

    private static void AddDays(SqliteSession session, Dictionary<UsageCountKey, UsageSum> sums, long fromS, long toS)
    {
        var select = session.Statement(SelectDays);
        select.Bind(1, DayS);
        select.Bind(2, fromS);
        select.Bind(3, toS);
        using var rows = select.Read();
        while (rows.Next())
        {
            Add(sums, new UsageCountKey(rows.Text(UsageQueries.SumColumnCount), (InvocationError)rows.Int64(UsageQueries.SumColumnCount + 1)), UsageQueries.SumOf(rows));
        }
    }

    private static void Add(Dictionary<UsageCountKey, UsageSum> sums, UsageCountKey key, in UsageSum added)
    {
        ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(sums, key, out _);
        sum += added;
    }
}
