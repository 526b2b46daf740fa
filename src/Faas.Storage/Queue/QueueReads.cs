using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>The SQL by which entries are looked at.</summary>
internal static class QueueReads
{
    private const string FindOne = $"SELECT {QueueRows.Columns} FROM {QueueRows.Source} WHERE q.id = ?";

    private const string FindAnswerOf = "SELECT a.head, a.body FROM queue q JOIN queue_answers a ON a.seq = q.seq WHERE q.id = ?";

    private const string BodyOf = "SELECT b.body FROM queue q JOIN queue_bodies b ON b.seq = q.seq WHERE q.id = ?";

    private const string SeqOf = "SELECT seq FROM queue WHERE id = ?";

    private const string ListAll = $"SELECT {QueueRows.Columns} FROM {QueueRows.Source} WHERE q.state = ? AND q.seq > ? ORDER BY q.seq LIMIT ?";

    private const string ListOf = $"SELECT {QueueRows.Columns} FROM {QueueRows.Source} WHERE q.state = ? AND q.seq > ? AND q.function = ? ORDER BY q.seq LIMIT ?";

    private const string CountWaiting = "SELECT lane, count(*), min(at_us) FROM queue WHERE state = 0 GROUP BY lane";

    private const string CountRunning = "SELECT lane, count(*) FROM queue WHERE state = 1 GROUP BY lane";

    private const string CountDead = "SELECT function, count(*) FROM queue WHERE state = 4 GROUP BY function";

    public static QueuedInvocation? Find(SqliteSession session, string id)
    {
        using var rows = session.Statement(FindOne).With(id).Read();
        return rows.Next() ? QueueRows.Read(rows) : null;
    }

    public static StoredAnswer? FindAnswer(SqliteSession session, string id)
    {
        using var rows = session.Statement(FindAnswerOf).With(id).Read();
        return rows.Next() ? QueueRows.ParseAnswer(rows.Text(0), rows.Blob(1).ToArray()) : null;
    }

    public static byte[]? ReadBody(SqliteSession session, string id)
    {
        using var rows = session.Statement(BodyOf).With(id).Read();
        return rows.Next() ? rows.Blob(0).ToArray() : null;
    }

    public static List<QueuedInvocation> List(SqliteSession session, InvocationState state, string? function, string? after, int limit)
    {
        var from = after is null ? 0 : SeqOfEntry(session, after);
        var statement = function is null
            ? session.Statement(ListAll).With((int)state, from, limit)
            : session.Statement(ListOf).With((int)state, from, function, limit);
        var found = new List<QueuedInvocation>();
        using var rows = statement.Read();
        while (rows.Next())
        {
            found.Add(QueueRows.Read(rows));
        }

        return found;
    }

    public static List<Backlog> Backlog(SqliteSession session)
    {
        var lanes = new SortedDictionary<string, Backlog>(StringComparer.Ordinal);
        using (var waiting = session.Statement(CountWaiting).Read())
        {
            while (waiting.Next())
            {
                lanes[waiting.Text(0)] = new Backlog(waiting.Text(0), waiting.Int64(1), 0, UnixMicroseconds.ToTime(waiting.Int64(2)));
            }
        }

        using var running = session.Statement(CountRunning).Read();
        while (running.Next())
        {
            var lane = running.Text(0);
            lanes[lane] = (lanes.GetValueOrDefault(lane) ?? new Backlog(lane, 0, 0, null)) with { Running = running.Int64(1) };
        }

        return [.. lanes.Values];
    }

    public static Dictionary<string, long> DeadLetters(SqliteSession session)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        using var rows = session.Statement(CountDead).Read();
        while (rows.Next())
        {
            counts[rows.Text(0)] = rows.Int64(1);
        }

        return counts;
    }

    private static long SeqOfEntry(SqliteSession session, string id)
    {
        using var rows = session.Statement(SeqOf).With(id).Read();
        return rows.Next() ? rows.Int64(0) : 0;
    }
}
