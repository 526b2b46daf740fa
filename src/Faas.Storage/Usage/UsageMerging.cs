using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>
/// Makes large chunks of small ones. Where few invocations come, a gateway's batches are of a handful and the open chunk stays small, or it would be written again too often; but each chunk has the
/// names of all functions in it, which for two hundred functions take three quarters of its space.
/// </summary>
internal static class UsageMerging
{
    /// <summary>Chunks of as many records stay as they are: they have a quarter of the most at least.</summary>
    private const int SmallMax = OpenChunk.RoomMax / 4;

    private const string Small = "SELECT id, records FROM usage_chunks WHERE is_summed = 0 AND records < ? ORDER BY id";

    /// <summary>Merges those chunks that are in no stored sum yet, so that none is merged twice.</summary>
    public static void Run(SqliteSession session)
    {
        var small = Find(session);
        if (small.Count < 2)
        {
            return;
        }

        var merged = new UsageChunk(OpenChunk.RoomMax);
        foreach (var (id, records) in small)
        {
            if (merged.Count + records > OpenChunk.RoomMax || merged.Bytes > OpenChunk.BytesMax)
            {
                UsageChunks.Insert(session, merged, isSummed: false);
                merged = new UsageChunk(OpenChunk.RoomMax);
            }

            UsageChunks.ReadBody(session, id, body => UsageChunks.AddAll(merged, body, long.MinValue));
            UsageChunks.Delete(session, id);
        }

        UsageChunks.Insert(session, merged, isSummed: false);
    }

    private static List<(long Id, int Records)> Find(SqliteSession session)
    {
        var found = new List<(long, int)>();
        var select = session.Statement(Small);
        select.Bind(1, SmallMax);
        using var rows = select.Read();
        while (rows.Next())
        {
            found.Add((rows.Int64(0), (int)rows.Int64(1)));
        }

        return found;
    }
}
