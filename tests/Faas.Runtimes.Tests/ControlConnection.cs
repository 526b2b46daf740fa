using System.Text.Json;
using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>A line of output as the controller would get it.</summary>
internal sealed record LogLine(DateTimeOffset Time, bool IsError, string InvocationId, string Text, bool GoesOn = false);

/// <summary>The controller's side: specialize, shut down, and every log line since the connection was opened.</summary>
internal sealed class ControlConnection : IDisposable
{
    private readonly FrameConnection _frames;
    private readonly Lock _lock = new();
    private readonly List<LogLine> _logs = [];
    private readonly List<(Func<IReadOnlyList<LogLine>, bool> Wanted, TaskCompletionSource Found)> _waiters = [];
    private TaskCompletionSource<SpecializedMessage> _specialized = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ControlConnection(FrameConnection frames)
    {
        _frames = frames;
        Closed = ReadAsync();
    }

    /// <summary>Ends when the worker closes the connection.</summary>
    public Task Closed { get; }

    /// <summary>All lines that have arrived so far.</summary>
    public IReadOnlyList<LogLine> Logs
    {
        get
        {
            lock (_lock)
            {
                return [.. _logs];
            }
        }
    }

    public async Task<SpecializedMessage> SpecializeAsync(SpecializeMessage message)
    {
        var answer = new TaskCompletionSource<SpecializedMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _specialized = answer;
        }

        await _frames.SendFrameAsync(FrameType.Specialize, 0, JsonSerializer.SerializeToUtf8Bytes(message, WorkerJson.Default.SpecializeMessage));
        return await answer.Task;
    }

    public Task ShutdownAsync(int graceMs) =>
        _frames.SendFrameAsync(FrameType.Shutdown, 0, JsonSerializer.SerializeToUtf8Bytes(new ShutdownMessage(graceMs), WorkerJson.Default.ShutdownMessage));

    /// <summary>Ends once the lines so far satisfy <paramref name="wanted"/>; throws when the connection closes before.</summary>
    public Task WaitForLogsAsync(Func<IReadOnlyList<LogLine>, bool> wanted)
    {
        var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (wanted(_logs))
            {
                return Task.CompletedTask;
            }

            _waiters.Add((wanted, found));
        }

        return Task.WhenAny(found.Task, Closed).ContinueWith(
            _ => found.Task.IsCompleted ? found.Task : throw new InvalidOperationException("The worker closed the control connection; lines so far: " + string.Join(" | ", Logs)),
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).Unwrap();
    }

    /// <summary>The first line that contains <paramref name="text"/>.</summary>
    public async Task<LogLine> WaitForLogAsync(string text)
    {
        await WaitForLogsAsync(lines => lines.Any(l => l.Text.Contains(text, StringComparison.Ordinal)));
        return Logs.First(l => l.Text.Contains(text, StringComparison.Ordinal));
    }

    public void Dispose() => _frames.Dispose();

    private async Task ReadAsync()
    {
        try
        {
            while (await _frames.ReadFrameAsync() is { } frame)
            {
                Take(frame);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException or System.Net.Sockets.SocketException)
        {
            // The test is over, or out of patience: whoever waits for an answer hears it below.
        }

        _specialized.TrySetException(new InvalidOperationException("The worker closed the control connection before it answered Specialize."));
    }

    private void Take(Frame frame)
    {
        lock (_lock)
        {
            if (frame.Type == FrameType.Specialized)
            {
                _specialized.TrySetResult(JsonSerializer.Deserialize(frame.Payload, WorkerJson.Default.SpecializedMessage)!);
            }
            else if (frame.Type == FrameType.Log)
            {
                var reader = frame.Read();
                var time = DateTimeOffset.FromUnixTimeMilliseconds(reader.I64());
                var stream = reader.U8();
                var id = reader.Text();
                _logs.Add(new LogLine(time, (stream & 0x7F) == 2, id, System.Text.Encoding.UTF8.GetString(reader.Rest), (stream & 0x80) != 0));
                foreach (var (wanted, found) in _waiters)
                {
                    if (!found.Task.IsCompleted && wanted(_logs))
                    {
                        found.SetResult();
                    }
                }
            }
            else
            {
                throw new InvalidOperationException($"A worker sent {frame.Type} on its control connection.");
            }
        }
    }
}
