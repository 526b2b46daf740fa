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
        """
        -- Usage records in chunks; UsageChunks says how they are found. The rows that there were are moved by UsageConversion.
        CREATE TABLE usage_chunks (
            id        INTEGER PRIMARY KEY,  -- last_us, or the next number that was free
            first_us  INTEGER NOT NULL,
            last_us   INTEGER NOT NULL,
            records   INTEGER NOT NULL,
            is_summed INTEGER NOT NULL,     -- whether its records are in usage_totals and usage_sums
            keys      BLOB NOT NULL
        ) STRICT;
        CREATE INDEX usage_chunks_by_start ON usage_chunks (first_us);
        CREATE INDEX usage_chunks_unsummed ON usage_chunks (records) WHERE is_summed = 0;

        CREATE TABLE usage_bodies (
            chunk INTEGER PRIMARY KEY,
            body  BLOB NOT NULL
        ) STRICT;

        CREATE TABLE usage_sums (
            period      INTEGER NOT NULL,   -- its length in seconds
            start_s     INTEGER NOT NULL,
            function    TEXT NOT NULL,
            revision    TEXT NOT NULL,
            outcome     INTEGER NOT NULL,
            invocations INTEGER NOT NULL,
            errors      INTEGER NOT NULL,
            cold_starts INTEGER NOT NULL,
            billed_ms   INTEGER NOT NULL,
            mib_ms      INTEGER NOT NULL,
            bytes_in    INTEGER NOT NULL,
            bytes_out   INTEGER NOT NULL,
            cost_pico   INTEGER NOT NULL,
            PRIMARY KEY (period, start_s, function, revision, outcome)
        ) STRICT, WITHOUT ROWID;

        -- GiB-seconds were floating-point sums of whole MiB-milliseconds, so rounding gives back what they were sums of.
        ALTER TABLE usage_totals ADD COLUMN mib_ms INTEGER NOT NULL DEFAULT 0;
        UPDATE usage_totals SET mib_ms = CAST(round(gib_seconds * 1024000) AS INTEGER);
        ALTER TABLE usage_totals DROP COLUMN gib_seconds;

        DROP INDEX usage_by_invocation;
        DROP INDEX usage_by_function;
        DROP INDEX usage_by_time;
        ALTER TABLE usage RENAME TO usage_rows;
        """,
        """
        -- Asynchronous invocations. Bodies and results are kept apart, so that a change of state does not write a megabyte.
        CREATE TABLE queue (
            seq        INTEGER PRIMARY KEY,     -- order of acceptance
            id         TEXT NOT NULL UNIQUE,
            lane       TEXT NOT NULL,
            function   TEXT NOT NULL,
            state      INTEGER NOT NULL,        -- InvocationState
            at_us      INTEGER NOT NULL,        -- queued: due; running: end of the lease; ended: when it is forgotten
            attempts   INTEGER NOT NULL,        -- the number of the newest claim, and its token
            failures   INTEGER NOT NULL,
            owner      TEXT NOT NULL,           -- of the newest claim
            started_us INTEGER NOT NULL,        -- of the newest claim
            ended_us   INTEGER NOT NULL,        -- 0 until then
            entry      TEXT NOT NULL,           -- JSON
            history    TEXT NOT NULL,           -- attempts that have ended, JSON lines
            reason     TEXT NOT NULL            -- of a dead letter
        ) STRICT;
        CREATE INDEX queue_waiting ON queue (lane, at_us) WHERE state = 0;
        CREATE INDEX queue_leases ON queue (at_us) WHERE state = 1;
        CREATE INDEX queue_ended ON queue (at_us) WHERE state IN (2, 3, 5);
        CREATE INDEX queue_dead ON queue (function, seq) WHERE state = 4;

        CREATE TABLE queue_bodies (
            seq  INTEGER PRIMARY KEY,
            body BLOB NOT NULL
        ) STRICT;

        CREATE TABLE queue_answers (
            seq  INTEGER PRIMARY KEY,
            head TEXT NOT NULL,                 -- JSON
            body BLOB NOT NULL
        ) STRICT;

        CREATE TABLE queue_keys (
            lane        TEXT NOT NULL,
            key         TEXT NOT NULL,
            id          TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            expires_us  INTEGER NOT NULL,
            PRIMARY KEY (lane, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX queue_keys_by_end ON queue_keys (expires_us);
        """,
        """
        CREATE TABLE triggers (
            id         TEXT PRIMARY KEY,        -- function/name
            function   TEXT NOT NULL,
            is_paused  INTEGER NOT NULL,
            state      TEXT NOT NULL,           -- JSON of its source, empty for none
            updated_us INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX triggers_by_function ON triggers (function);
        """,
        """
        CREATE TABLE secrets (
            name       TEXT NOT NULL PRIMARY KEY,
            envelope   BLOB NOT NULL,           -- sealed with a key that is not in this file
            updated_us INTEGER NOT NULL
        ) STRICT;
        """,
        """
        -- Prices that were in force, each under the number that usage records keep. What was before has number 0.
        CREATE TABLE prices (
            version  INTEGER PRIMARY KEY,
            since_us INTEGER NOT NULL,
            terms    TEXT NOT NULL              -- JSON
        ) STRICT;

        CREATE TABLE usage_sums_by_price (
            period      INTEGER NOT NULL,       -- its length in seconds
            start_s     INTEGER NOT NULL,
            function    TEXT NOT NULL,
            revision    TEXT NOT NULL,
            outcome     INTEGER NOT NULL,
            price       INTEGER NOT NULL,
            invocations INTEGER NOT NULL,
            errors      INTEGER NOT NULL,
            cold_starts INTEGER NOT NULL,
            billed_ms   INTEGER NOT NULL,
            mib_ms      INTEGER NOT NULL,
            bytes_in    INTEGER NOT NULL,
            bytes_out   INTEGER NOT NULL,
            cost_pico   INTEGER NOT NULL,
            billed      INTEGER NOT NULL,       -- invocations that were
            PRIMARY KEY (period, start_s, function, revision, outcome, price)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO usage_sums_by_price
            SELECT period, start_s, function, revision, outcome, 0, invocations, errors, cold_starts, billed_ms, mib_ms, bytes_in, bytes_out, cost_pico,
                iif(billed_ms > 0, invocations, 0)
            FROM usage_sums;
        DROP TABLE usage_sums;
        ALTER TABLE usage_sums_by_price RENAME TO usage_sums;

        ALTER TABLE usage_totals ADD COLUMN billed INTEGER NOT NULL DEFAULT 0;
        UPDATE usage_totals SET billed = days.billed
            FROM (SELECT function, sum(billed) AS billed FROM usage_sums WHERE period = 86400 GROUP BY function) AS days WHERE days.function = usage_totals.function;
        """,
        """
        -- What was measured, not only allotted. Of invocations of before it is not known.
        ALTER TABLE usage_sums ADD COLUMN cpu_us INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE usage_sums ADD COLUMN peak_kib INTEGER NOT NULL DEFAULT 0;   -- the highest
        ALTER TABLE usage_totals ADD COLUMN cpu_us INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE usage_totals ADD COLUMN peak_kib INTEGER NOT NULL DEFAULT 0;
        """,
        """
        CREATE TABLE budgets (
            id    TEXT NOT NULL PRIMARY KEY,    -- scope and period
            spec  TEXT NOT NULL,                -- JSON
            state TEXT NOT NULL                 -- JSON: what was told in which period
        ) STRICT;
        """,
        SqliteMemoryTimes.CreateTable,
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
            var number = step;
            session.InTransaction(inside =>
            {
                inside.Execute(migrations[number]);
                inside.Execute($"PRAGMA user_version = {number + 1}");
            });
        }
    }
}
