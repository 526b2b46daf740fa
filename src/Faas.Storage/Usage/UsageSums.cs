using System.Runtime.InteropServices;
using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>Adds up usage records of chunks: by function, revision, outcome and hour, from which days and totals follow.</summary>
internal sealed class UsageSums
{
    public const long HourS = 3600;
    private const long HourUs = HourS * 1_000_000;

    private readonly Dictionary<UsageSumKey, UsageSum> _hours = [];

    /// <summary>Sums by hour; <see cref="UsageSumKey.StartS"/> is the hour's beginning.</summary>
    public IReadOnlyDictionary<UsageSumKey, UsageSum> Hours => _hours;

    /// <summary>The sums of all chunks that are not in the stored sums yet.</summary>
    public static UsageSums OfUnsummed(SqliteSession session)
    {
        var sums = new UsageSums();
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
        var reader = new UsageChunkReader(body);
        var inChunk = new Dictionary<(int Origin, InvocationError Outcome, long Hour), UsageSum>();
        var run = (Origin: -1, Outcome: InvocationError.None, Hour: 0L);
        var sum = default(UsageSum);
        while (reader.Read(out var line))
        {
            var key = (reader.Origin, line.Outcome, FloorOf(line.ReceivedUs, HourUs));
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
                AddTo(_hours, new UsageSumKey(key.Hour * HourS, origin.Function, origin.Revision, key.Outcome), added);
            }
        }
    }

    /// <summary>Sums by the longer periods that the hours lie in.</summary>
    public Dictionary<UsageSumKey, UsageSum> By(UsagePeriod period)
    {
        var sums = new Dictionary<UsageSumKey, UsageSum>();
        foreach (var (key, sum) in _hours)
        {
            AddTo(sums, key with { StartS = FloorOf(key.StartS, (long)period) * (long)period }, sum);
        }

        return sums;
    }

    /// <summary>Sums by function.</summary>
    public Dictionary<string, UsageSum> ByFunction()
    {
        var sums = new Dictionary<string, UsageSum>(StringComparer.Ordinal);
        foreach (var (key, sum) in _hours)
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
internal readonly record struct UsageSumKey(long StartS, string Function, string Revision, InvocationError Outcome);
