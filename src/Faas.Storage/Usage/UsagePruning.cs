using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>Removes old usage records, the sums by hour that go with them, and old sums by minute; totals and days stay.</summary>
internal static class UsagePruning
{
    /// <summary>Chunks of one transaction: a few ms of the writer, so that pruning a month stops nobody else.</summary>
    private const int AtOnceMax = 64;

    private const string Oldest = "SELECT id, last_us, records, is_summed FROM usage_chunks WHERE first_us < ? ORDER BY first_us LIMIT ?";

    /// <summary>Removes what some chunks have of records received before <paramref name="beforeUs"/>; to be repeated until it says it is done.</summary>
    public static (int Removed, bool IsDone) Run(SqliteSession session, long beforeUs)
    {
        var chunks = Find(session, beforeUs);
        if (chunks.Exists(chunk => !chunk.IsSummed))
        {
            UsageRollup.Run(session);   // Before they are gone.
            chunks = Find(session, beforeUs);   // It may have merged them.
        }

        var removed = 0;
        foreach (var chunk in chunks)
        {
            removed += chunk.Records;
            var rest = new UsageChunk();
            if (chunk.LastUs >= beforeUs)
            {
                UsageChunks.ReadBody(session, chunk.Id, body => UsageChunks.AddAll(rest, body, beforeUs));
            }

            UsageChunks.Delete(session, chunk.Id);
            if (rest.Count > 0)
            {
                removed -= rest.Count;
                UsageChunks.Insert(session, rest, isSummed: true);
            }
        }

        var isDone = chunks.Count < AtOnceMax;
        if (isDone)
        {
            RemoveSums(session, UsagePeriod.Hour, beforeUs);
            RemoveSums(session, UsagePeriod.Minute, beforeUs);
        }

        return (removed, isDone);
    }

    private static List<OldChunk> Find(SqliteSession session, long beforeUs)
    {
        var chunks = new List<OldChunk>();
        var oldest = session.Statement(Oldest);
        oldest.Bind(1, beforeUs);
        oldest.Bind(2, AtOnceMax);
        using var rows = oldest.Read();
        while (rows.Next())
        {
            chunks.Add(new OldChunk(rows.Int64(0), rows.Int64(1), (int)rows.Int64(2), rows.Int64(3) != 0));
        }

        return chunks;
    }

    /// <summary>Removes the sums of a period's whole lengths before <paramref name="beforeUs"/>.</summary>
    public static void RemoveSums(SqliteSession session, UsagePeriod period, long beforeUs) => session.Execute(
        "DELETE FROM usage_sums WHERE period = $period AND start_s <= $last", ("$period", (long)period), ("$last", (beforeUs / 1_000_000) - (long)period));

    private readonly record struct OldChunk(long Id, long LastUs, int Records, bool IsSummed);
}
