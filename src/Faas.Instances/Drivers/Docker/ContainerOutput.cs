using System.Text;
using Docker.DotNet;

namespace Faas.Instances.Drivers.Docker;

/// <summary>Reads the output of an image's container, which has no worker that reports lines, and cuts it into lines.</summary>
internal sealed class ContainerOutput : IAsyncDisposable
{
    private const int LineBytesMax = 16 * 1024;

    private readonly MultiplexedStream _stream;
    private readonly Action<string, string> _line;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _reading;

    public ContainerOutput(MultiplexedStream stream, Action<string, string> line)
    {
        _stream = stream;
        _line = line;
        _reading = ReadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // After the container's end the stream ends by itself, and what it still holds is worth a moment.
        _stopping.CancelAfter(TimeSpan.FromSeconds(1));
        await _reading;
        _stream.Dispose();
        _stopping.Dispose();
    }

    private async Task ReadAsync()
    {
        await Task.Yield();
        var buffer = new byte[8 * 1024];
        var partial = new Dictionary<string, List<byte>> { ["stdout"] = [], ["stderr"] = [] };
        try
        {
            while (true)
            {
                var read = await _stream.ReadOutputAsync(buffer, 0, buffer.Length, _stopping.Token);
                if (read.EOF)
                {
                    break;
                }

                var stream = read.Target == MultiplexedStream.TargetStream.StandardError ? "stderr" : "stdout";
                Take(partial[stream], buffer.AsSpan(0, read.Count), stream);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The engine or the container is away.
        }

        foreach (var (stream, rest) in partial.Where(p => p.Value.Count > 0))
        {
            Emit(rest, stream);
        }
    }

    private void Take(List<byte> line, ReadOnlySpan<byte> bytes, string stream)
    {
        foreach (var b in bytes)
        {
            if (b == (byte)'\n' || line.Count == LineBytesMax)
            {
                Emit(line, stream);
            }

            if (b != (byte)'\n')
            {
                line.Add(b);
            }
        }
    }

    private void Emit(List<byte> line, string stream)
    {
        _line(Encoding.UTF8.GetString([.. line]).TrimEnd('\r'), stream);
        line.Clear();
    }
}
