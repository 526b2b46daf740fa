using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Faas.Storage.Sqlite;

/// <summary>
/// A statement that is run thousands of times a second, bound by position from 1 and without the provider's parameter objects; blobs come and go as
/// spans. Used by its session's thread only.
/// </summary>
internal sealed class SqliteStatement(sqlite3 database, string sql) : IDisposable
{
    private readonly sqlite3_stmt _statement = Prepare(database, sql);

    public void Bind(int position, long value) => Check(raw.sqlite3_bind_int64(_statement, position, value), raw.SQLITE_OK);

    public void Bind(int position, string value) => Check(raw.sqlite3_bind_text(_statement, position, value), raw.SQLITE_OK);

    public void Bind(int position, ReadOnlySpan<byte> value) => Check(raw.sqlite3_bind_blob(_statement, position, value), raw.SQLITE_OK);

    /// <summary>Binds parameters 1 and up: integers, texts and blobs.</summary>
    public SqliteStatement With(params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            switch (values[i])
            {
                case string text:
                    Bind(i + 1, text);
                    break;
                case ReadOnlyMemory<byte> blob:
                    Bind(i + 1, blob.Span);
                    break;
                default:
                    Bind(i + 1, Convert.ToInt64(values[i], CultureInfo.InvariantCulture));
                    break;
            }
        }

        return this;
    }

    /// <summary>Runs it and reads what it finds. To be disposed before it is bound again.</summary>
    public SqliteRows Read() => new(database, _statement);

    /// <summary>Runs it once with what is bound; every parameter must be bound anew for the next run.</summary>
    /// <exception cref="SqliteException">As the provider's own commands throw it.</exception>
    public void Run()
    {
        try
        {
            Check(raw.sqlite3_step(_statement), raw.SQLITE_DONE);
        }
        finally
        {
            raw.sqlite3_reset(_statement);
        }
    }

    /// <summary>As <see cref="Run"/>; returns the id of the row that it inserted. RETURNING does it in a table of its own, which costs more than the row.</summary>
    public long RunInserting()
    {
        Run();
        return raw.sqlite3_last_insert_rowid(database);
    }

    /// <summary>As <see cref="Run"/>; returns how many rows it changed.</summary>
    public int RunCounting()
    {
        Run();
        return raw.sqlite3_changes(database);
    }

    public void Dispose() => _statement.Dispose();

    private static sqlite3_stmt Prepare(sqlite3 database, string sql)
    {
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(database, sql, out var statement), database);
        return statement;
    }

    private void Check(int code, int expected)
    {
        if (code != expected)
        {
            SqliteException.ThrowExceptionForRC(code, database);
        }
    }
}
