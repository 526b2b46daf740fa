using System.Text.Json;
using Faas.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Faas.Storage;

/// <summary>The SQL of functions and revisions. Writes run inside the writer's transaction.</summary>
internal static class FunctionTables
{
    public static int SaveRevision(SqliteSession session, RevisionRecord revision) => session.Execute(
        """
        INSERT INTO revisions (function, id, spec, build_digest, created_us) VALUES ($function, $id, $spec, $build, $created)
        ON CONFLICT DO NOTHING
        """,
        ("$function", revision.Function),
        ("$id", revision.Id),
        ("$spec", JsonSerializer.Serialize(revision.Spec, SpecJson.Default.FunctionSpec)),
        ("$build", revision.BuildDigest),
        ("$created", UnixMicroseconds.From(revision.CreatedAt)));

    public static bool SetServing(SqliteSession session, string function, string revision, DateTimeOffset at, string? expected)
    {
        // There is one writer, so what is read here cannot change before it is written.
        var serving = (string?)session.Scalar("SELECT revision FROM functions WHERE name = $name", ("$name", function));
        if (serving != expected)
        {
            return false;
        }

        if (session.Scalar("SELECT 1 FROM revisions WHERE function = $function AND id = $id", ("$function", function), ("$id", revision)) is null)
        {
            throw new StoreException(StoreFailure.UnknownRevision, $"Function '{function}' has no revision '{revision}'; save it before it serves.");
        }

        session.Execute(
            """
            INSERT INTO functions (name, revision, deployed_us) VALUES ($name, $revision, $at)
            ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, deployed_us = excluded.deployed_us
            """,
            ("$name", function), ("$revision", revision), ("$at", UnixMicroseconds.From(at)));
        return true;
    }

    public static bool Delete(SqliteSession session, string function)
    {
        // Revisions go only together with their function: those of one that is being created belong to that deployment.
        if (session.Execute("DELETE FROM functions WHERE name = $name", ("$name", function)) == 0)
        {
            return false;
        }

        session.Execute("DELETE FROM revisions WHERE function = $function", ("$function", function));
        session.Execute("DELETE FROM triggers WHERE function = $function", ("$function", function));   // else a function of the same name would go on where this one stood
        return true;
    }

    public static List<ServingFunction> ListServing(SqliteSession session) => session.Query(
        """
        SELECT f.name, r.id, r.spec, r.build_digest, r.created_us, f.deployed_us
        FROM functions f JOIN revisions r ON r.function = f.name AND r.id = f.revision
        ORDER BY f.name
        """,
        ReadServing);

    private static ServingFunction ReadServing(SqliteDataReader row)
    {
        var name = row.GetString(0);
        var spec = JsonSerializer.Deserialize(row.GetString(2), SpecJson.Default.FunctionSpec)
            ?? throw new StoreException(StoreFailure.Damaged, $"The stored spec of function '{name}' is empty; delete the function and deploy it again.");
        var revision = new RevisionRecord(row.GetString(1), name, spec, row.GetString(3), UnixMicroseconds.ToTime(row.GetInt64(4)));
        return new ServingFunction(name, revision, UnixMicroseconds.ToTime(row.GetInt64(5)));
    }
}
