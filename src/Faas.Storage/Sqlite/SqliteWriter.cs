using System.Threading.Channels;

namespace Faas.Storage.Sqlite;

/// <summary>
/// The one writer: a thread that runs whatever has queued up meanwhile in one transaction, so that 64 callers share one sync to the
/// disk instead of paying for one each. Callers hear of their write after the commit.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    /// <summary>Keeps one commit, and with it the wait of its first caller, in the tens of milliseconds.</summary>
    private const int OperationsPerCommitMax = 1000;

    /// <summary>Ten full commits; who comes then waits before it has queued, so that a stalled disk does not fill the memory.</summary>
    private const int WaitingMax = 10_000;

    private readonly SqliteSession _session;
    private readonly string _path;
    private readonly CommittedUsage _usage;
    private readonly Channel<WriteOperation> _operations =
        Channel.CreateBounded<WriteOperation>(new BoundedChannelOptions(WaitingMax) { SingleReader = true });

    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _commits;

    /// <summary>Owns <paramref name="session"/> from here on.</summary>
    public SqliteWriter(SqliteSession session, string path, CommittedUsage usage)
    {
        _session = session;
        _path = path;
        _usage = usage;
        new Thread(Run) { IsBackground = true, Name = "faas-store-writer" }.Start();
    }

    /// <summary>Transactions committed so far.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>Runs <paramref name="write"/> in the next transaction and completes when that is durable.</summary>
    public async Task<T> WriteAsync<T>(Func<SqliteSession, T> write, CancellationToken ct)
    {
        var operation = new WriteOperation<T>(write, ct);
        try
        {
            await _operations.Writer.WriteAsync(operation, ct);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(SqliteStore));
        }

        return await operation.Task.WaitAsync(ct);
    }

    /// <summary>Takes no more writes, finishes those that wait, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _operations.Writer.TryComplete();
        await _stopped.Task;
    }

    private void Run()
    {
        var batch = new List<WriteOperation>(OperationsPerCommitMax);
        try
        {
            // The thread is this loop's own: waiting synchronously blocks nobody else.
            while (_operations.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                batch.Clear();
                while (batch.Count < OperationsPerCommitMax && _operations.Reader.TryRead(out var operation))
                {
                    if (!operation.IsCancelled)
                    {
                        batch.Add(operation);
                    }
                }

                if (batch.Count > 0)
                {
                    Commit(batch);
                }
            }
        }
        finally
        {
            _session.Dispose();
            _stopped.TrySetResult();
        }
    }

    private void Commit(List<WriteOperation> batch)
    {
        try
        {
            _session.Statement("BEGIN IMMEDIATE").Run();
            foreach (var operation in batch)
            {
                RunInSavepoint(operation);
            }

            _usage.WriteTo(_session);
            _session.Statement("COMMIT").Run();
        }
        catch (Exception exception)   // the top of the loop: whatever it was, nothing of this batch is durable, and the next one may go well
        {
            RollBack();
            _usage.Drop();
            foreach (var operation in batch)
            {
                operation.Fail(SqliteErrors.Explain(exception, _path));
            }

            return;
        }

        Interlocked.Increment(ref _commits);
        _usage.Commit();
        foreach (var operation in batch)
        {
            operation.Complete();
        }
    }

    private void RunInSavepoint(WriteOperation operation)
    {
        _session.Statement("SAVEPOINT operation").Run();
        var spent = _usage.Spend.Mark;
        try
        {
            operation.Run(_session);
        }
        catch (Exception exception)
        {
            if (_session.IsAutocommit)
            {
                throw;   // a full disk or an I/O error has undone the whole transaction, not only this operation
            }

            _session.Execute("ROLLBACK TO operation");
            _usage.Spend.UndoTo(spent);
            operation.Undone(SqliteErrors.Explain(exception, _path));
        }

        _session.Statement("RELEASE operation").Run();
    }

    private void RollBack()
    {
        try
        {
            if (!_session.IsAutocommit)
            {
                _session.Execute("ROLLBACK");
            }
        }
        catch (Microsoft.Data.Sqlite.SqliteException)
        {
            // The callers are told about the first error. If the transaction is still open, the next BEGIN fails and says so.
        }
    }
}
