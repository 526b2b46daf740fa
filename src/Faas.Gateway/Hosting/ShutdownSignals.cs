using System.Runtime.InteropServices;

namespace Faas.Gateway.Hosting;

/// <summary>
/// When to stop: SIGTERM; alone also SIGINT; supervised also the end of standard input, which is how a supervisor that was killed is noticed. A supervised
/// gateway ignores SIGINT, because a terminal sends it to the whole group and the supervisor decides the order.
/// </summary>
internal sealed class ShutdownSignals : IDisposable
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _interrupt;

    public ShutdownSignals(bool isSupervised)
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, isSupervised ? static context => context.Cancel = true : Ask);
        if (isSupervised)
        {
            new Thread(ReadToEnd) { IsBackground = true, Name = "stdin" }.Start();
        }
    }

    /// <summary>Completes when it is time to stop.</summary>
    public Task Asked => _asked.Task;

    /// <inheritdoc/>
    public void Dispose()
    {
        _terminate.Dispose();
        _interrupt.Dispose();
    }

    private void Ask(PosixSignalContext context)
    {
        context.Cancel = true;
        _asked.TrySetResult();
    }

    private void ReadToEnd()
    {
        try
        {
            using var input = Console.OpenStandardInput();
            var buffer = new byte[256];
            while (input.Read(buffer, 0, buffer.Length) > 0)
            {
                // Whatever a supervisor writes means nothing; only the end does.
            }
        }
        catch (IOException)
        {
            // As good as the end.
        }

        _asked.TrySetResult();
    }
}
