using System.Runtime.InteropServices;
using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>
/// Adds up usage records of chunks: by function, revision, outcome, price and the shortest period that is wanted, from which longer ones and totals follow. Who wants days saves most of the work
/// by saying so: of fifty thousand records of many functions nearly each has a minute of its own.
/// </summary>
internal sealed class UsageSums(UsagePeriod finest)
{
    /// <summary>Sums by the shortest period; <see cref="UsageSumKey.StartS"/> is its beginning.</summary>
    private readonly Dictionary<UsageSumKey, UsageSum> _finest = [];

    /// <summary>The sums of all chunks that are not in the stored sums yet, by <paramref name="finest"/> or longer periods.</summary>
    public static UsageSums OfUnsummed(SqliteSession session, UsagePeriod finest)
    {
        var sums = new UsageSums(finest);
        var select = session.Statement("SELECT body FROM usage_chunks JOIN usage_bodies ON chunk = id WHERE is_summed = 0");
        using var rows = select.Read();
        while (rows.Next())
        {
            sums.Add(rows.Blob(0));
        }

        return sums;
    }

    /// <summary>Adds the records of one chunk as it is stored.</summary>
    public void Add(ReadOnlySpan<byte> body)
    {
        var periodUs = (long)finest * 1_000_000;
        var reader = new UsageChunkReader(body);
        var inChunk = new Dictionary<(int Origin, InvocationError Outcome, int Price, long Period), UsageSum>();
        var run = (Origin: -1, Outcome: InvocationError.None, Price: 0, Period: 0L);
        var sum = default(UsageSum);
        while (reader.Read(out var line))
        {
            var key = (reader.Origin, line.Outcome, line.Price, FloorOf(line.ReceivedUs, periodUs));
            if (key != run)
            {
                AddTo(inChunk, run, sum);
                (run, sum) = (key, default);
            }

            sum = sum.With(line);
        }

        AddTo(inChunk, run, sum);
        foreach (var (key, added) in inChunk)
        {
            if (added.Invocations > 0)
            {
                var origin = Origin.Parse(reader.OriginAt(key.Origin));
                AddTo(_finest, new UsageSumKey(key.Period * (long)finest, origin.Function, origin.Revision, key.Outcome, key.Price), added);
            }
        }
    }

    /// <summary>Sums by the periods that the shortest ones lie in, of which <paramref name="period"/> must be a multiple.</summary>
    public Dictionary<UsageSumKey, UsageSum> By(UsagePeriod period)
    {
        var sums = new Dictionary<UsageSumKey, UsageSum>();
        foreach (var (key, sum) in _finest)
        {
            AddTo(sums, key with { StartS = FloorOf(key.StartS, (long)period) * (long)period }, sum);
        }

        return sums;
    }

    /// <summary>Sums by function.</summary>
    public Dictionary<string, UsageSum> ByFunction()
    {
        var sums = new Dictionary<string, UsageSum>(StringComparer.Ordinal);
        foreach (var (key, sum) in _finest)
        {
            AddTo(sums, key.Function, sum);
        }

        return sums;
    }

    private static void AddTo<TKey>(Dictionary<TKey, UsageSum> sums, TKey key, in UsageSum added)
        where TKey : notnull
    {
        ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(sums, key, out _);
        sum += added;
    }

    /// <summary>Whole periods since 1970, rounded down before it too.</summary>
    private static long FloorOf(long at, long period) => at >= 0 ? at / period : ((at + 1) / period) - 1;
}

/// <summary>What a sum is of.</summary>
/// <param name="StartS">When its period begins: seconds since 1970.</param>
/// <param name="Function">The function's name.</param>
/// <param name="Revision">The revision.</param>
/// <param name="Outcome">How the invocations ended.</param>
/// <param name="Price">The version of the prices.</param>
internal readonly record struct UsageSumKey(long StartS, string Function, string Revision, InvocationError Outcome, int Price) : IComparable<UsageSumKey>
{
    /// <summary>As SQLite orders the table's keys: texts by their bytes, which for the characters that names may have is ordinal.</summary>
    public int CompareTo(UsageSumKey other) =>
        StartS != other.StartS ? StartS.CompareTo(other.StartS)
        : string.CompareOrdinal(Function, other.Function) is var function && function != 0 ? function
        : string.CompareOrdinal(Revision, other.Revision) is var revision && revision != 0 ? revision
        : Outcome != other.Outcome ? Outcome.CompareTo(other.Outcome)
        : Price.CompareTo(other.Price);
}
