using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Faas.Controller.Build;

/// <summary>One running compiler process, as the controller sees it.</summary>
internal sealed class CompilerConnection : IAsyncDisposable
{
    /// <summary>What a process that was told to end gets; it has nothing to finish.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<long, TaskCompletionSource<CompilerAnswer>> _waiting = new();
    private readonly Task _reading;
    private long _lastId;

    /// <summary>Starts <paramref name="command"/>.</summary>
    /// <exception cref="BuildException">It cannot be started.</exception>
    public CompilerConnection(IReadOnlyList<string> command, TimeProvider time)
    {
        _time = time;
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, StandardInputEncoding = encoding, StandardOutputEncoding = encoding,
        };
        try
        {
            _process = Process.Start(start)!;   // null only with UseShellExecute
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new BuildException(BuildErrors.BuildFailed, $"The compiler could not be started: {exception.Message}");
        }

        _reading = ReadAsync();
    }

    /// <summary>Whether it has ended and takes no more requests.</summary>
    public bool HasEnded => _reading.IsCompleted;

    /// <summary>Its process id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Compiles; an answer that the caller does not wait for any more is dropped.</summary>
    /// <exception cref="BuildException">It does not compile, or the process ended.</exception>
    public async Task<CompiledFunction> CompileAsync(IReadOnlyList<SourceFile> sources, CancellationToken ct)
    {
        var id = Interlocked.Increment(ref _lastId);
        var waiting = new TaskCompletionSource<CompilerAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = waiting;
        try
        {
            await SendAsync(new CompilerRequest(id, [.. sources.Select(source => new CompilerSource(source.Path, source.Content.ToArray()))]), ct);
            if (HasEnded)
            {
                throw Ended();   // the reader may have failed all that waited before this one was among them
            }

            var answer = await waiting.Task.WaitAsync(ct);
            return answer.Error is null ? new CompiledFunction(answer.Assembly, answer.Symbols) : throw new BuildException(answer.Error, answer.Message, answer.Diagnostics);
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    /// <summary>Ends the process.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            await _reading.WaitAsync(EndPatience, _time);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            _process.Kill();
            await _reading;
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _writing.Dispose();
    }

    private static BuildException Ended() => new(
        BuildErrors.BuildFailed, "The compiler ended unexpectedly, which happens when sources are nested very deeply; simplify them, or deploy again if they are not.");

    private async Task SendAsync(CompilerRequest request, CancellationToken ct)
    {
        await _writing.WaitAsync(ct);
        try
        {
            // Not cancelled midway: half a line would spoil the next one.
            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request, CompilerJson.Default.CompilerRequest));
            await _process.StandardInput.FlushAsync(CancellationToken.None);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            throw Ended();
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        await Task.Yield();
        try
        {
            while (await _process.StandardOutput.ReadLineAsync() is { } line)
            {
                var answer = JsonSerializer.Deserialize(line, CompilerJson.Default.CompilerAnswer)!;
                if (_waiting.TryGetValue(answer.Id, out var waiting))
                {
                    waiting.TrySetResult(answer);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or JsonException)
        {
            // Ended, or cut off in the middle of a line.
        }
        finally
        {
            foreach (var waiting in _waiting.Values)
            {
                waiting.TrySetException(Ended());
            }
        }
    }
}
