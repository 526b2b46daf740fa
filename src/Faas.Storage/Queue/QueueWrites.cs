using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>The SQL by which an entry is accepted, claimed and ended. Runs inside the writer's transaction; there is one writer, so what is read cannot change before it is written.</summary>
internal static class QueueWrites
{
    private const string FindKey = "SELECT id, fingerprint FROM queue_keys WHERE lane = ? AND key = ? AND expires_us > ?";

    private const string SaveKey =
        """
        INSERT INTO queue_keys (lane, key, id, fingerprint, expires_us) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (lane, key) DO UPDATE SET id = excluded.id, fingerprint = excluded.fingerprint, expires_us = excluded.expires_us
        """;

    private const string FindEntry = "SELECT entry FROM queue WHERE id = ?";

    private const string Insert =
        """
        INSERT INTO queue (id, lane, function, state, at_us, attempts, failures, owner, started_us, ended_us, entry, history, reason)
        VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, 0, ?, '', '')
        """;

    private const string InsertBody = "INSERT INTO queue_bodies (seq, body) VALUES (?, ?)";

    private const string FindDue = "SELECT seq, entry, attempts, failures FROM queue WHERE state = 0 AND lane = ? AND at_us <= ? ORDER BY at_us, seq LIMIT ?";

    private const string NextDue = "SELECT at_us FROM queue WHERE state = 0 AND lane = ? ORDER BY at_us LIMIT 1";

    private const string Take = "UPDATE queue SET state = 1, at_us = ?, attempts = ?, owner = ?, started_us = ? WHERE seq = ?";

    private const string ReadBody = "SELECT body FROM queue_bodies WHERE seq = ?";

    private const string Renew = "UPDATE queue SET at_us = ? WHERE id = ? AND attempts = ? AND state = 1";

    private const string FindClaim = "SELECT seq FROM queue WHERE id = ? AND attempts = ? AND state = 1";

    private const string EndClaim = "UPDATE queue SET state = ?, at_us = ?, failures = ?, ended_us = ?, history = history || ?, reason = ? WHERE seq = ?";

    private const string DeleteBody = "DELETE FROM queue_bodies WHERE seq = ?";

    private const string SaveAnswer = "INSERT OR REPLACE INTO queue_answers (seq, head, body) VALUES (?, ?, ?)";

    public static Acceptance Enqueue(SqliteSession session, QueueEntry entry, ReadOnlyMemory<byte> body, Lease? lease)
    {
        var known = NonceOf(session, entry.Id);
        if (known == entry.Nonce)
        {
            return new Acceptance(AcceptanceOutcome.Accepted, entry.Id);
        }

        if (entry.Key is { } key)   // before the id: a caller who repeats key and id means the same event
        {
            using var earlier = session.Statement(FindKey).With(entry.Lane, key.Key, UnixMicroseconds.From(entry.AcceptedAt)).Read();
            if (earlier.Next())
            {
                return new Acceptance(earlier.Text(1) == key.Fingerprint ? AcceptanceOutcome.SameKey : AcceptanceOutcome.KeyReused, earlier.Text(0));
            }
        }

        if (known is not null)
        {
            return new Acceptance(AcceptanceOutcome.IdTaken, entry.Id);
        }

        if (entry.Key is { } kept)
        {
            session.Statement(SaveKey).With(entry.Lane, kept.Key, entry.Id, kept.Fingerprint, UnixMicroseconds.From(kept.ExpiresAt)).Run();
        }

        var seq = InsertEntry(session, entry, lease);
        session.Statement(InsertBody).With(seq, body).Run();
        return new Acceptance(AcceptanceOutcome.Accepted, entry.Id);
    }

    public static Claims Claim(SqliteSession session, string lane, int count, DateTimeOffset now, Lease lease)
    {
        var due = new List<(long Seq, Claim Claim)>(count);
        using (var rows = session.Statement(FindDue).With(lane, UnixMicroseconds.From(now), count).Read())
        {
            while (rows.Next())
            {
                due.Add((rows.Int64(0), new Claim(QueueRows.ParseEntry(rows.Text(1)), default, (int)rows.Int64(2) + 1, (int)rows.Int64(3), lease.StartedAt)));
            }
        }

        var claimed = due.ConvertAll(found => TakeOne(session, found.Seq, found.Claim, lease));
        using var next = session.Statement(NextDue).With(lane).Read();
        return new Claims(claimed, next.Next() ? UnixMicroseconds.ToTime(next.Int64(0)) : null);
    }

    public static List<ClaimKey> RenewAll(SqliteSession session, IReadOnlyList<ClaimKey> claims, DateTimeOffset until)
    {
        var lost = new List<ClaimKey>();
        var statement = session.Statement(Renew);
        foreach (var claim in claims)
        {
            if (statement.With(UnixMicroseconds.From(until), claim.Id, claim.Attempt).RunCounting() == 0)
            {
                lost.Add(claim);
            }
        }

        return lost;
    }

    public static bool End(SqliteSession session, AttemptEnd end)
    {
        if (EndEntry(session, end) is not { } seq)
        {
            return false;
        }

        if (end.Next.HasEnded() && end.Next != InvocationState.DeadLettered)
        {
            session.Statement(DeleteBody).With(seq).Run();
        }

        if (end.Answer is { } answer)
        {
            session.Statement(SaveAnswer).With(seq, QueueRows.ToText(answer), answer.Body).Run();
        }

        foreach (var (entry, body) in end.Follow)
        {
            Enqueue(session, entry, body, null);
        }

        return true;
    }

    private static string? NonceOf(SqliteSession session, string id)
    {
        using var same = session.Statement(FindEntry).With(id).Read();
        return same.Next() ? QueueRows.ParseEntry(same.Text(0)).Nonce : null;
    }

    private static long InsertEntry(SqliteSession session, QueueEntry entry, Lease? lease)
    {
        var at = UnixMicroseconds.From(lease?.Until ?? entry.DueAt);
        return session.Statement(Insert).With(
            entry.Id, entry.Lane, entry.Function, lease is null ? 0 : 1, at, lease is null ? 0 : 1,
            lease?.Owner ?? "", lease is null ? 0 : UnixMicroseconds.From(lease.StartedAt), QueueRows.ToText(entry)).RunInserting();
    }

    private static Claim TakeOne(SqliteSession session, long seq, Claim claim, Lease lease)
    {
        session.Statement(Take).With(UnixMicroseconds.From(lease.Until), claim.Attempt, lease.Owner, UnixMicroseconds.From(lease.StartedAt), seq).Run();
        using var body = session.Statement(ReadBody).With(seq).Read();
        return body.Next() ? claim with { Body = body.Blob(0).ToArray() } : claim;
    }

    private static long? EndEntry(SqliteSession session, AttemptEnd end)
    {
        long seq;
        using (var found = session.Statement(FindClaim).With(end.Claim.Id, end.Claim.Attempt).Read())
        {
            if (!found.Next())
            {
                return null;
            }

            seq = found.Int64(0);
        }

        var endedUs = end.Next.HasEnded() ? UnixMicroseconds.From(end.Record?.EndedAt ?? end.At) : 0;
        session.Statement(EndClaim).With(
            (int)end.Next, UnixMicroseconds.From(end.At), end.Failures, endedUs, QueueRows.ToLine(end.Record), end.Reason ?? "", seq).Run();
        return seq;
    }
}
