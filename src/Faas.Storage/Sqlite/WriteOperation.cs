namespace Faas.Storage.Sqlite;

/// <summary>One write on its way through the writer: it runs inside a transaction, and its caller hears of it only after the commit.</summary>
internal abstract class WriteOperation
{
    /// <summary>Whether its caller has gone; it is then left out.</summary>
    public abstract bool IsCancelled { get; }

    /// <summary>Runs the write. May throw; the writer then undoes only this operation.</summary>
    public abstract void Run(SqliteSession session);

    /// <summary>Remembers that it was undone because of <paramref name="exception"/>, to be told after the commit.</summary>
    public abstract void Undone(Exception exception);

    /// <summary>Tells its caller what came out: the transaction is durable.</summary>
    public abstract void Complete();

    /// <summary>Tells its caller that the whole transaction failed.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>A write with a result.</summary>
internal sealed class WriteOperation<T>(Func<SqliteSession, T> write, CancellationToken ct) : WriteOperation
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private Exception? _undone;

    public Task<T> Task => _completion.Task;

    public override bool IsCancelled => ct.IsCancellationRequested && _completion.TrySetCanceled(ct);

    public override void Run(SqliteSession session) => _result = write(session);

    public override void Undone(Exception exception) => _undone = exception;

    public override void Complete()
    {
        if (_undone is null)
        {
            _completion.TrySetResult(_result!);   // Run has set it, or has thrown and _undone is set
        }
        else
        {
            _completion.TrySetException(_undone);
        }
    }

    public override void Fail(Exception exception) => _completion.TrySetException(_undone ?? exception);
}
