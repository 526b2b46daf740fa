using System.Runtime.InteropServices;

namespace Faas.Runtime.DotNet.Lifecycle;

/// <summary>SIGTERM ends the worker when nothing runs; SIGINT is for whoever sits at the terminal, not for instances.</summary>
internal sealed class TerminationSignals : IDisposable
{
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _interrupt;

    public TerminationSignals(Worker worker)
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            worker.Running.Drain(grace: null);
        });
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _terminate.Dispose();
        _interrupt.Dispose();
    }
}
