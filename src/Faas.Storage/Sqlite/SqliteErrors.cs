using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Faas.Storage.Sqlite;

/// <summary>Turns SQLite's errors that need a person into ones that say what to do.</summary>
internal static class SqliteErrors
{
    public static Exception Explain(Exception exception, string path) => exception switch
    {
        SqliteException sqlite => Explain(sqlite, path),
        InvalidDataException => Damaged(exception, path),   // a checksum of ours
        _ => exception,
    };

    private static Exception Explain(SqliteException exception, string path) => exception.SqliteErrorCode switch
    {
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => Damaged(exception, path),
        raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_PERM => new StoreException(
            StoreFailure.CannotOpen,
            $"The database {path} cannot be opened for writing ({exception.Message}). Check that the folder exists and belongs to the user that runs the platform.",
            exception),
        _ => exception,
    };

    private static StoreException Damaged(Exception exception, string path) => new(
        StoreFailure.Damaged,
        $"The database {path} is damaged ({exception.Message}). Stop the platform and restore the file from a backup, or move {path}, "
        + $"{path}-wal and {path}-shm away to start without functions and usage.",
        exception);
}
