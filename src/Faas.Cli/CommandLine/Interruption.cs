using System.Runtime.InteropServices;

namespace Faas.Cli.CommandLine;

/// <summary>
/// SIGINT, SIGTERM and SIGHUP as a token: the first one cancels it and lets the verb end gracefully, the second one runs
/// <see cref="Forced"/> and ends the process at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _count;

    public Interruption()
    {
        foreach (var signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, Handle));
        }
    }

    /// <summary>Run before a forced end, for example to kill child processes. Set by whoever has something to lose.</summary>
    public static Action? Forced { get; set; }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _count) == 1)
        {
            _source.Cancel();
            return;
        }

        Forced?.Invoke();
        Environment.Exit((int)ExitCode.Interrupted);
    }
}
