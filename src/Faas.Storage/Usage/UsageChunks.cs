using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>
/// Where chunks of usage records lie. A chunk's id is the time of its newest record, made unique by counting up, so that walking the ids downwards is
/// walking from newest to oldest: whatever comes after a chunk was received before the chunk's id. What is searched and what is opened are two tables,
/// so that a search reads little.
/// </summary>
internal static class UsageChunks
{
    private const string IsTaken = "SELECT 1 FROM usage_chunks WHERE id = ?";
    private const string InsertChunk = "INSERT INTO usage_chunks (id, first_us, last_us, records, is_summed, keys) VALUES (?, ?, ?, ?, ?, ?)";
    private const string InsertBody = "INSERT INTO usage_bodies (chunk, body) VALUES (?, ?)";
    private const string SelectBody = "SELECT body FROM usage_bodies WHERE chunk = ?";
    private const string DeleteChunk = "DELETE FROM usage_chunks WHERE id = ?";
    private const string DeleteBody = "DELETE FROM usage_bodies WHERE chunk = ?";

    /// <summary>Stores a chunk under the next free id, which is returned.</summary>
    public static long Insert(SqliteSession session, UsageChunk records, bool isSummed)
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
        return id;
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

    private static bool Exists(SqliteSession session, long id)
    {
        var taken = session.Statement(IsTaken);
        taken.Bind(1, id);
        using var rows = taken.Read();
        return rows.Next();
    }
}
