using System.IO.Pipes;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Faas.Instances.Control;

/// <summary>
/// Reads what a sandbox writes to its stdout and stderr past its worker: crash traces, complaints of the loader, output of child processes.
/// A FIFO instead of Docker's log drivers: the same for every driver, and 5 ms cheaper at start.
/// </summary>
internal sealed class OutputPipe : IAsyncDisposable
{
    /// <summary>Longer lines are cut into several, as workers do with theirs.</summary>
    private const int LineBytesMax = 16 * 1024;

    /// <summary>More than a pipe holds (64 KiB), and an end even if somebody still writes.</summary>
    private const int DrainRoundsMax = 64;

    private readonly SafePipeHandle _handle;
    private readonly AnonymousPipeClientStream _stream;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Action<string> _line;
    private readonly byte[] _buffer = new byte[LineBytesMax];
    private readonly Task _reading;
    private int _length;

    public OutputPipe(string path, Action<string> line)
    {
        _line = line;
        _handle = Posix.OpenFifo(path);
        _stream = new AnonymousPipeClientStream(PipeDirection.In, _handle);
        _reading = ReadAsync();
    }

    /// <summary>Reports what is still in the pipe and closes it. Call it after the sandbox has ended, so that its last words are among it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reading;
        for (int round = 0, count = 1; count > 0 && round < DrainRoundsMax && !_handle.IsClosed; round++)
        {
            count = Posix.ReadNow(_handle, _buffer.AsSpan(_length));
            Take(count);
        }

        if (_length > 0)
        {
            _line(Encoding.UTF8.GetString(_buffer, 0, _length));
        }

        await _stream.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task ReadAsync()
    {
        await Task.Yield();
        try
        {
            while (true)
            {
                Take(await _stream.ReadAsync(_buffer.AsMemory(_length), _stopping.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Stopping. The end of the stream does not exist: this side holds a writing end too.
        }
    }

    private void Take(int count)
    {
        var end = _length + count;
        var start = 0;
        for (var i = _length; i < end; i++)
        {
            if (_buffer[i] == (byte)'\n')
            {
                _line(Encoding.UTF8.GetString(_buffer, start, i - start).TrimEnd('\r'));
                start = i + 1;
            }
        }

        if (start == 0 && end == _buffer.Length)
        {
            _line(Encoding.UTF8.GetString(_buffer, 0, end));
            start = end;
        }

        _length = end - start;
        _buffer.AsSpan(start, _length).CopyTo(_buffer);
    }
}
