namespace Faas.Controller.Build;

/// <summary>
/// The C# compiler in a process of its own, started when there is something to compile and ended when there was nothing for a while: it holds 100 MB, and
/// a source that overflows its stack ends it and not the controller.
/// </summary>
public sealed class CompilerProcess : IFunctionCompiler, IAsyncDisposable
{
    /// <summary>The argument that makes <c>faas-controller</c> a compiler.</summary>
    public const string Argument = "compiler";

    /// <summary>As long as somebody who works on a function is likely to deploy again: the next start costs him half a second to a second.</summary>
    public static readonly TimeSpan IdleMax = TimeSpan.FromMinutes(2);

    private readonly IReadOnlyList<string> _command;
    private readonly TimeProvider _time;
    private readonly ITimer _idle;
    private readonly Lock _lock = new();
    private readonly Lazy<string> _identity;
    private CompilerConnection? _running;
    private int _inUse;
    private bool _isDisposed;

    /// <summary>The program that runs now, as a compiler, with the functions' SDK beside it.</summary>
    public CompilerProcess(TimeProvider time)
        : this([Environment.ProcessPath!, Argument], time)   // null only where there is no /proc
    {
    }

    /// <summary>Runs <paramref name="command"/>, which must be <c>faas-controller compiler</c> in one way or another.</summary>
    public CompilerProcess(IReadOnlyList<string> command, TimeProvider time)
    {
        _command = command;
        _time = time;
        _identity = new Lazy<string>(() => ReferenceAssemblies.Find(CSharpCompiler.FunctionsAssembly).Identity());
        _idle = time.CreateTimer(static state => _ = ((CompilerProcess)state!).EndIdleAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public string Identity => _identity.Value;

    /// <summary>Id of the process; null when none runs.</summary>
    public int? ProcessId
    {
        get
        {
            lock (_lock)
            {
                return _running is { HasEnded: false } running ? running.ProcessId : null;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<CompiledFunction> CompileAsync(IReadOnlyList<SourceFile> sources, CancellationToken ct)
    {
        var running = Take(out var ended);
        try
        {
            if (ended is not null)
            {
                await ended.DisposeAsync();
            }

            return await running.CompileAsync(sources, ct);
        }
        finally
        {
            Leave();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _idle.DisposeAsync();
        CompilerConnection? running;
        lock (_lock)
        {
            _isDisposed = true;
            (running, _running) = (_running, null);
        }

        if (running is not null)
        {
            await running.DisposeAsync();
        }
    }

    private CompilerConnection Take(out CompilerConnection? ended)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            ended = null;
            if (_running is null or { HasEnded: true })
            {
                var started = new CompilerConnection(_command, _time);
                (ended, _running) = (_running, started);
            }

            _inUse++;
            return _running;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_inUse == 0 && !_isDisposed)
            {
                _idle.Change(IdleMax, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private async Task EndIdleAsync()
    {
        CompilerConnection? idle;
        lock (_lock)
        {
            if (_inUse > 0)
            {
                return;   // the last one that leaves sets the timer again
            }

            (idle, _running) = (_running, null);
        }

        if (idle is not null)
        {
            await idle.DisposeAsync();
        }
    }
}
