using System.Runtime.InteropServices;

namespace Faas.Controller.Hosting;

/// <summary>
/// Ties the controller's life to the supervisor's: standard input reaches its end when the supervisor is gone, however it went.
/// SIGINT is ignored because a terminal sends it to the whole process group; the supervisor passes on what it wants to.
/// </summary>
internal sealed class SupervisorWatch(IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        // Reading a pipe cannot be cancelled: on an ordinary shutdown the wait is given up, and the read ends with the process.
        var end = Task.Run(ReadToEnd, CancellationToken.None);
        await end.WaitAsync(stoppingToken);
        lifetime.StopApplication();
    }

    private static void ReadToEnd()
    {
        using var input = Console.OpenStandardInput();
        Span<byte> buffer = stackalloc byte[64];
        while (input.Read(buffer) > 0)
        {
        }
    }
}
