using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Faas.LoadTests.Chaos;

/// <summary>
/// Counts runs where no kill reaches: functions send a line for each, <c>token attempt invocation</c>, and are answered <c>ok</c> once it is written down. Lines also go to a file, after their second,
/// for who looks for the cause of a failure.
/// </summary>
internal sealed class RunRecorder : IAsyncDisposable
{
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly long _began = TimeProvider.System.GetTimestamp();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<string, ConcurrentQueue<RecordedRun>> _runs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly StreamWriter _file;
    private readonly Task _accepting;
    private int _count;

    public RunRecorder(string file)
    {
        _file = new StreamWriter(new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.Read)) { AutoFlush = true };
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where functions reach it, as host:port.</summary>
    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>Runs of all events.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The runs of one event, in the order in which they were recorded.</summary>
    public IReadOnlyList<RecordedRun> RunsOf(string token) => _runs.TryGetValue(token, out var runs) ? [.. runs] : [];

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _listener.Dispose();
        await _file.DisposeAsync();
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_ending.Token);
                var serving = ServeAsync(socket);
                _connections[serving] = true;
            }
        }
        catch (OperationCanceledException)
        {
            // It ends.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        socket.NoDelay = true;
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        using var reader = new StreamReader(stream);
        try
        {
            while (await reader.ReadLineAsync(_ending.Token) is { } line)
            {
                Record(line);
                await stream.WriteAsync("ok\n"u8.ToArray(), _ending.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The instance was killed, or it ends here. A line that was cut off is no run.
        }
    }

    private void Record(string line)
    {
        var parts = line.Split(' ');
        var run = new RecordedRun(int.Parse(parts[1], CultureInfo.InvariantCulture), parts[2]);
        lock (_file)
        {
            _file.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_time.GetElapsedTime(_began).TotalSeconds:0.000} {line}"));
        }

        _runs.GetOrAdd(parts[0], _ => new ConcurrentQueue<RecordedRun>()).Enqueue(run);
        Interlocked.Increment(ref _count);
    }
}

/// <summary>One run of an event, as the function told it.</summary>
/// <param name="Attempt">The attempt's number, which the function was given; <see cref="UnknownAttempt"/> when it was not, as with events of triggers.</param>
/// <param name="Invocation">The invocation's id, which the function was given.</param>
internal sealed record RecordedRun(int Attempt, string Invocation)
{
    public const int UnknownAttempt = 0;
}
