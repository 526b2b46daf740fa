using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>The SQL of what happens to entries apart from their runs: put back, cancelled, redriven, removed. Runs inside the writer's transaction.</summary>
internal static class QueueUpkeep
{
    private const string FindLost = "SELECT seq, lane, id, attempts, started_us FROM queue WHERE state = 1 AND (at_us < ? OR owner = ?)";

    private const string PutBack = "UPDATE queue SET state = 0, at_us = ?, history = history || ? WHERE seq = ?";

    private const string FindState = "SELECT seq, state, attempts, started_us FROM queue WHERE id = ?";

    private const string MarkCancelled = "UPDATE queue SET state = 5, at_us = ?, ended_us = ?, history = history || ? WHERE seq = ?";

    private const string DeleteBody = "DELETE FROM queue_bodies WHERE seq = ?";

    private const string DeleteAnswer = "DELETE FROM queue_answers WHERE seq = ?";

    private const string DeleteEntry = "DELETE FROM queue WHERE seq = ?";

    private const string FindDead = "SELECT seq, lane FROM queue WHERE state = 4 ORDER BY seq LIMIT ?";

    private const string FindDeadOf = "SELECT seq, lane FROM queue WHERE state = 4 AND function = ? ORDER BY seq LIMIT ?";

    private const string FindDeadOne = "SELECT seq, lane FROM queue WHERE state = 4 AND id = ? LIMIT ?";

    private const string Redriven = "UPDATE queue SET state = 0, at_us = ?, failures = 0, ended_us = 0, reason = '' WHERE seq = ?";

    private const string FindForgotten = "SELECT seq FROM queue WHERE state IN (2, 3, 5) AND at_us <= ? ORDER BY at_us LIMIT ?";

    private const string DeleteKeys = "DELETE FROM queue_keys WHERE (lane, key) IN (SELECT lane, key FROM queue_keys WHERE expires_us <= ? LIMIT ?)";

    public static List<(string Lane, string Id)> Requeue(SqliteSession session, DateTimeOffset now, string? owner)
    {
        var lost = new List<(long Seq, string Lane, string Id, int Attempt, DateTimeOffset StartedAt)>();
        using (var rows = session.Statement(FindLost).With(UnixMicroseconds.From(now), owner ?? "\n").Read())   // no owner has that name
        {
            while (rows.Next())
            {
                lost.Add((rows.Int64(0), rows.Text(1), rows.Text(2), (int)rows.Int64(3), UnixMicroseconds.ToTime(rows.Int64(4))));
            }
        }

        foreach (var entry in lost)
        {
            var cut = QueueRows.ToLine(QueueRows.Cut(entry.Attempt, entry.StartedAt, now));
            session.Statement(PutBack).With(UnixMicroseconds.From(now), cut, entry.Seq).Run();
        }

        return lost.ConvertAll(entry => (entry.Lane, entry.Id));
    }

    public static CancelOutcome Cancel(SqliteSession session, string id, DateTimeOffset now, DateTimeOffset keepUntil)
    {
        long seq;
        InvocationState state;
        var history = "";
        using (var found = session.Statement(FindState).With(id).Read())
        {
            if (!found.Next())
            {
                return CancelOutcome.NotFound;
            }

            (seq, state) = (found.Int64(0), (InvocationState)found.Int64(1));
            if (state == InvocationState.Running)
            {
                history = QueueRows.ToLine(QueueRows.CutByCancellation((int)found.Int64(2), UnixMicroseconds.ToTime(found.Int64(3)), now));
            }
        }

        if (state.HasEnded())
        {
            return CancelOutcome.HasEnded;
        }

        session.Statement(MarkCancelled).With(UnixMicroseconds.From(keepUntil), UnixMicroseconds.From(now), history, seq).Run();
        session.Statement(DeleteBody).With(seq).Run();
        return state == InvocationState.Running ? CancelOutcome.CancelledRunning : CancelOutcome.Cancelled;
    }

    public static List<string> Redrive(SqliteSession session, DeadLetterChoice choice, DateTimeOffset now, int limit)
    {
        var chosen = Choose(session, choice, limit);
        foreach (var (seq, _) in chosen)
        {
            session.Statement(Redriven).With(UnixMicroseconds.From(now), seq).Run();
            session.Statement(DeleteAnswer).With(seq).Run();
        }

        return chosen.ConvertAll(letter => letter.Lane);
    }

    public static int Purge(SqliteSession session, DeadLetterChoice choice, int limit)
    {
        var chosen = Choose(session, choice, limit);
        chosen.ForEach(letter => Remove(session, letter.Seq));
        return chosen.Count;
    }

    public static int Forget(SqliteSession session, DateTimeOffset now, int limit)
    {
        var forgotten = new List<long>();
        using (var rows = session.Statement(FindForgotten).With(UnixMicroseconds.From(now), limit).Read())
        {
            while (rows.Next())
            {
                forgotten.Add(rows.Int64(0));
            }
        }

        forgotten.ForEach(seq => Remove(session, seq));
        return forgotten.Count + session.Statement(DeleteKeys).With(UnixMicroseconds.From(now), limit).RunCounting();
    }

    private static List<(long Seq, string Lane)> Choose(SqliteSession session, DeadLetterChoice choice, int limit)
    {
        var statement = choice switch
        {
            { Id: { } id } => session.Statement(FindDeadOne).With(id, limit),
            { Function: { } function } => session.Statement(FindDeadOf).With(function, limit),
            _ => session.Statement(FindDead).With(limit),
        };
        var chosen = new List<(long, string)>();
        using var rows = statement.Read();
        while (rows.Next())
        {
            chosen.Add((rows.Int64(0), rows.Text(1)));
        }

        return chosen;
    }

    private static void Remove(SqliteSession session, long seq)
    {
        session.Statement(DeleteBody).With(seq).Run();
        session.Statement(DeleteAnswer).With(seq).Run();
        session.Statement(DeleteEntry).With(seq).Run();
    }
}
