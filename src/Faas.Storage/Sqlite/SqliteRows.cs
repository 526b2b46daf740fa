using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Faas.Storage.Sqlite;

/// <summary>The rows that a <see cref="SqliteStatement"/> finds, one after the other. Columns count from 0; what they give is valid until the next row.</summary>
internal readonly ref struct SqliteRows(sqlite3 database, sqlite3_stmt statement)
{
    public bool Next()
    {
        var code = raw.sqlite3_step(statement);
        if (code is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            SqliteException.ThrowExceptionForRC(code, database);
        }

        return code == raw.SQLITE_ROW;
    }

    public long Int64(int column) => raw.sqlite3_column_int64(statement, column);

    public string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string();

    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(statement, column);

    public void Dispose() => raw.sqlite3_reset(statement);
}
