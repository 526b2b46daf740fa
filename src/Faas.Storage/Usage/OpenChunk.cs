using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>
/// The chunk that takes up the next batch of records, so that a function called once a minute doesn't make half a million chunks a year, and a thousand
/// functions share their names. It is written anew with each batch, hence it grows only to some multiple of what batches bring.
/// </summary>
/// <remarks>
/// It stays in memory, so that it needn't be read back. What was rolled back meanwhile shows: the stored chunk then has another id or another count. Used
/// by the writer's thread only.
/// </remarks>
internal sealed class OpenChunk(CommittedSpend spend)
{
    /// <summary>However small batches are: 256 records are 5 KB or so, not much more than a page.</summary>
    private const int RoomMin = 256;

    /// <summary>However large batches are: opening a chunk takes 0.1 µs for each record.</summary>
    public const int RoomMax = 4096;

    /// <summary>
    /// However large records are, as with ids that callers choose: with four times as much their metering took 2.6 instead of 1.6 µs. Names don't count: a
    /// thousand functions' records would take 62 instead of 30 bytes.
    /// </summary>
    public const int BytesMax = 64 * 1024;

    /// <summary>Batches that fit into a chunk.</summary>
    private const int Growth = 16;

    private const string Smallest = "SELECT id, records FROM usage_chunks WHERE is_summed = 0 AND records < ? ORDER BY records LIMIT 1";

    private UsageChunk? _chunk;
    private long _id;
    private int _room = RoomMin;

    /// <summary>Stores the records that <paramref name="add"/> adds; they are in no stored sum yet.</summary>
    public void Append(SqliteSession session, Action<UsageChunk> add)
    {
        var stored = Find(session);
        var chunk = stored is { } found ? Open(session, found.Id, found.Records) : new UsageChunk(RoomMin);
        var before = chunk.Count;
        _chunk = null;   // When the next lines throw, nobody knows what it holds.
        chunk.TakeSpend();   // of what was read back, which is counted already
        add(chunk);
        if (chunk.Count > before)
        {
            spend.Add(chunk.TakeSpend());
            if (stored is { } replaced)
            {
                UsageChunks.Delete(session, replaced.Id);
            }

            _id = UsageChunks.Insert(session, chunk, isSummed: false);
            _room = Math.Min((chunk.Count - before) * Growth, (int)((long)BytesMax * chunk.Count / chunk.Bytes));
        }

        _chunk = chunk;
    }

    private (long Id, int Records)? Find(SqliteSession session)
    {
        var smallest = session.Statement(Smallest);
        smallest.Bind(1, Math.Clamp(_room, RoomMin, RoomMax));
        using var rows = smallest.Read();
        return rows.Next() ? (rows.Int64(0), (int)rows.Int64(1)) : null;
    }

    private UsageChunk Open(SqliteSession session, long id, int records)
    {
        if (_chunk is not null && _id == id && _chunk.Count == records)
        {
            return _chunk;
        }

        var chunk = new UsageChunk(records + RoomMin);
        UsageChunks.ReadBody(session, id, body => UsageChunks.AddAll(chunk, body, long.MinValue));
        return chunk;
    }
}
