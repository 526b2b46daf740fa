using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Faas.Storage.Sqlite;

/// <summary>Read-only connections, reused. Readers see the last commit and never wait for the writer (WAL).</summary>
internal sealed class SqliteReaders(string path) : IDisposable
{
    /// <summary>SQLite reads synchronously; four slow reads are what the thread pool can spare.</summary>
    private const int ConnectionsMax = 4;

    private readonly SemaphoreSlim _free = new(ConnectionsMax);
    private readonly ConcurrentBag<SqliteSession> _idle = [];
    private volatile bool _isDisposed;

    public async Task<T> ReadAsync<T>(Func<SqliteSession, T> read, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(SqliteStore));
        await _free.WaitAsync(ct);
        try
        {
            return await Task.Run(() => Read(read), ct);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Waits for running reads, then closes the connections.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        for (var i = 0; i < ConnectionsMax; i++)
        {
            _free.Wait();
        }

        while (_idle.TryTake(out var session))
        {
            session.Dispose();
        }
    }

    private T Read<T>(Func<SqliteSession, T> read)
    {
        SqliteSession? session = null;
        try
        {
            session = _idle.TryTake(out var idle) ? idle : SqliteSession.Open(path, SqliteOpenMode.ReadOnly);
            session.Execute("BEGIN");   // all that it reads is of one commit
            var result = read(session);
            session.Execute("COMMIT");
            _idle.Add(session);
            return result;
        }
        catch (Exception exception)
        {
            session?.Dispose();   // it may be in the middle of something
            if (SqliteErrors.Explain(exception, path) is StoreException explained && explained != exception)
            {
                throw explained;
            }

            throw;
        }
    }
}
