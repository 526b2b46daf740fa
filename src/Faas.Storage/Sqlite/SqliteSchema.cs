namespace Faas.Storage.Sqlite;

/// <summary>The tables, and how an older file becomes the newest. <c>PRAGMA user_version</c> is the number of migrations a file has had.</summary>
internal static class SqliteSchema
{
    /// <summary>
    /// In order, never changed once released, only appended to. Tables are STRICT, so that an integer that overflows is an error
    /// and not silently a floating-point number: money is in here.
    /// </summary>
    public static IReadOnlyList<string> Migrations { get; } =
    [
        """
        CREATE TABLE revisions (
            function     TEXT NOT NULL,
            id           TEXT NOT NULL,
            spec         TEXT NOT NULL,     -- JSON
            build_digest TEXT NOT NULL,
            created_us   INTEGER NOT NULL,
            PRIMARY KEY (function, id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE functions (
            name        TEXT NOT NULL PRIMARY KEY,
            revision    TEXT NOT NULL,
            deployed_us INTEGER NOT NULL,
            FOREIGN KEY (name, revision) REFERENCES revisions (function, id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE usage (
            id            INTEGER PRIMARY KEY,
            invocation_id TEXT NOT NULL,    -- not unique: callers may choose it
            function      TEXT NOT NULL,
            revision      TEXT NOT NULL,
            instance      TEXT NOT NULL,
            received_us   INTEGER NOT NULL,
            queued_us     INTEGER NOT NULL,
            cold_us       INTEGER NOT NULL,
            run_us        INTEGER NOT NULL,
            billed_ms     INTEGER NOT NULL,
            memory_mib    INTEGER NOT NULL,
            gib_seconds   REAL NOT NULL,
            bytes_in      INTEGER NOT NULL,
            bytes_out     INTEGER NOT NULL,
            status        INTEGER NOT NULL,
            outcome       INTEGER NOT NULL,
            blame         INTEGER NOT NULL,
            cost_pico     INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX usage_by_invocation ON usage (invocation_id);
        CREATE INDEX usage_by_function ON usage (function, received_us);
        CREATE INDEX usage_by_time ON usage (received_us);

        CREATE TABLE usage_totals (
            function    TEXT NOT NULL PRIMARY KEY,
            invocations INTEGER NOT NULL,
            errors      INTEGER NOT NULL,
            cold_starts INTEGER NOT NULL,
            billed_ms   INTEGER NOT NULL,
            gib_seconds REAL NOT NULL,
            bytes_in    INTEGER NOT NULL,
            bytes_out   INTEGER NOT NULL,
            cost_pico   INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Never pruned: a batch that arrives a second time after a year must still be known. One small row for each journal segment.
        CREATE TABLE usage_positions (
            boot     TEXT NOT NULL,
            segment  INTEGER NOT NULL,
            position INTEGER NOT NULL,
            PRIMARY KEY (boot, segment)
        ) STRICT, WITHOUT ROWID;
        """,
    ];

    /// <summary>Brings the file to the newest version, one transaction a step; a crash in between leaves the step before.</summary>
    public static void Migrate(SqliteSession session, string path, IReadOnlyList<string> migrations)
    {
        var version = (long)session.Scalar("PRAGMA user_version")!;   // this pragma always has a row
        if (version > migrations.Count)
        {
            throw new StoreException(
                StoreFailure.NewerSchema,
                $"The database {path} has schema version {version}; this version of faas knows up to {migrations.Count}. Start the version that wrote it, or a newer one.");
        }

        for (var step = (int)version; step < migrations.Count; step++)
        {
            session.Execute("BEGIN IMMEDIATE");
            try
            {
                session.Execute(migrations[step]);
                session.Execute($"PRAGMA user_version = {step + 1}");
                session.Execute("COMMIT");
            }
            catch
            {
                if (!session.IsAutocommit)
                {
                    session.Execute("ROLLBACK");
                }

                throw;
            }
        }
    }
}
