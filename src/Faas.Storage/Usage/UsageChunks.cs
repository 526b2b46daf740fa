using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>
/// Where chunks of usage records lie. A chunk's id is the time of its newest record, made unique by counting up, so that walking the ids downwards is
/// walking from newest to oldest: whatever comes after a chunk was received before the chunk's id. What is searched and what is opened are two tables,
/// so that a search reads little.
/// </summary>
internal static class UsageChunks
{
    /// <summary>A chunk with fewer records takes up the next batch, so that a function called once a minute doesn't make half a million rows a year.</summary>
    public const int SmallBelow = 256;

    private const string Smallest = "SELECT id FROM usage_chunks WHERE is_summed = 0 AND records < ? ORDER BY records LIMIT 1";
    private const string IsTaken = "SELECT 1 FROM usage_chunks WHERE id = ?";
    private const string InsertChunk = "INSERT INTO usage_chunks (id, first_us, last_us, records, is_summed, keys) VALUES (?, ?, ?, ?, ?, ?)";
    private const string InsertBody = "INSERT INTO usage_bodies (chunk, body) VALUES (?, ?)";
    private const string SelectBody = "SELECT body FROM usage_bodies WHERE chunk = ?";
    private const string DeleteChunk = "DELETE FROM usage_chunks WHERE id = ?";
    private const string DeleteBody = "DELETE FROM usage_bodies WHERE chunk = ?";

    /// <summary>Stores new records, whose sums are not in the totals yet: with those of a small chunk if there is one, or as a chunk of their own.</summary>
    public static void Append(SqliteSession session, UsageChunk records)
    {
        if (FindSmall(session) is { } small)
        {
            var merged = new UsageChunk(SmallBelow + records.Count);
            ReadBody(session, small, body => AddAll(merged, body, long.MinValue));
            AddAll(merged, records.ToBytes(), long.MinValue);
            Delete(session, small);
            records = merged;
        }

        Insert(session, records, isSummed: false);
    }

    /// <summary>Stores a chunk under the next free id.</summary>
    public static void Insert(SqliteSession session, UsageChunk records, bool isSummed)
    {
        var id = records.LastUs;
        while (Exists(session, id))
        {
            id++;
        }

        var chunk = session.Statement(InsertChunk);
        chunk.Bind(1, id);
        chunk.Bind(2, records.FirstUs);
        chunk.Bind(3, records.LastUs);
        chunk.Bind(4, records.Count);
        chunk.Bind(5, isSummed ? 1 : 0);
        chunk.Bind(6, records.KeysToBytes());
        chunk.Run();
        var body = session.Statement(InsertBody);
        body.Bind(1, id);
        body.Bind(2, records.ToBytes());
        body.Run();
    }

    public static void Delete(SqliteSession session, long id)
    {
        foreach (var sql in (ReadOnlySpan<string>)[DeleteChunk, DeleteBody])
        {
            var delete = session.Statement(sql);
            delete.Bind(1, id);
            delete.Run();
        }
    }

    /// <summary>Opens a chunk. The bytes are SQLite's, valid only for <paramref name="read"/>.</summary>
    /// <exception cref="InvalidDataException">It is not there, though it is listed.</exception>
    public static void ReadBody(SqliteSession session, long id, Action<ReadOnlySpan<byte>> read)
    {
        var select = session.Statement(SelectBody);
        select.Bind(1, id);
        using var rows = select.Read();
        if (!rows.Next())
        {
            throw new InvalidDataException($"the records of chunk {id} are missing");
        }

        read(rows.Blob(0));
    }

    /// <summary>Adds the records of a stored chunk that were received at or after <paramref name="sinceUs"/>.</summary>
    public static void AddAll(UsageChunk chunk, ReadOnlySpan<byte> body, long sinceUs)
    {
        var reader = new UsageChunkReader(body);
        while (reader.Read(out var line))
        {
            if (line.ReceivedUs >= sinceUs)
            {
                chunk.Add(line);
            }
        }
    }

    private static long? FindSmall(SqliteSession session)
    {
        var smallest = session.Statement(Smallest);
        smallest.Bind(1, SmallBelow);
        using var rows = smallest.Read();
        return rows.Next() ? rows.Int64(0) : null;
    }

    private static bool Exists(SqliteSession session, long id)
    {
        var taken = session.Statement(IsTaken);
        taken.Bind(1, id);
        using var rows = taken.Read();
        return rows.Next();
    }
}
