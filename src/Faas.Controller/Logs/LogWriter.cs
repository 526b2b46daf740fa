using System.Threading.Channels;

namespace Faas.Controller.Logs;

/// <summary>
/// Writes out the logs of all functions, one batch of each in turn: one loop for all of them, so that a quiet log costs some bytes of memory and a disk that
/// stands still holds up one thread and not all.
/// </summary>
internal sealed class LogWriter : IAsyncDisposable
{
    /// <summary>Logs with something to write; each is in it at most once.</summary>
    private readonly Channel<FunctionLog> _due = Channel.CreateUnbounded<FunctionLog>(new UnboundedChannelOptions { SingleReader = true });

    private readonly Task _writing;

    public LogWriter() => _writing = Task.Run(WriteAsync);

    /// <summary>Has <paramref name="log"/> write a batch when its turn comes. False when nothing is written any more.</summary>
    public bool TrySchedule(FunctionLog log) => _due.Writer.TryWrite(log);

    /// <summary>Writes what was scheduled before, and nothing after.</summary>
    public async ValueTask DisposeAsync()
    {
        _due.Writer.TryComplete();
        await _writing;
    }

    private async Task WriteAsync()
    {
        await foreach (var log in _due.Reader.ReadAllAsync())
        {
            log.WriteBatch();
        }
    }
}
