using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>Takes in usage records. Runs inside the writer's transaction, which is what makes it exactly-once.</summary>
internal static class UsageIngestion
{
    private const string SelectPosition = "SELECT position FROM usage_positions WHERE boot = ? AND segment = ?";

    private const string UpsertPosition =
        """
        INSERT INTO usage_positions (boot, segment, position) VALUES (?, ?, ?)
        ON CONFLICT (boot, segment) DO UPDATE SET position = excluded.position
        """;

    public static long Ingest(SqliteSession session, OpenChunk open, UsagePosition position, Action<UsageChunk> add)
    {
        if (StoredOf(session, position) is { } stored)
        {
            if (position.To <= stored)
            {
                return stored;
            }

            if (position.From != stored)
            {
                throw new UsageGapException(position, stored);
            }
        }

        open.Append(session, add);
        UsageRollup.RunIfDue(session);
        Advance(session, position);
        return position.To;
    }

    private static long? StoredOf(SqliteSession session, UsagePosition position)
    {
        var select = session.Statement(SelectPosition);
        select.Bind(1, position.Boot);
        select.Bind(2, position.Segment);
        using var rows = select.Read();
        return rows.Next() ? rows.Int64(0) : null;
    }

    private static void Advance(SqliteSession session, UsagePosition position)
    {
        var upsert = session.Statement(UpsertPosition);
        upsert.Bind(1, position.Boot);
        upsert.Bind(2, position.Segment);
        upsert.Bind(3, position.To);
        upsert.Run();
    }
}
