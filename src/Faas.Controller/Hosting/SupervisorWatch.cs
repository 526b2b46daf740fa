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
        await using var input = Console.OpenStandardInput();
        var buffer = new byte[64];
        while (await input.ReadAsync(buffer, stoppingToken) > 0)
        {
        }

        lifetime.StopApplication();
    }
}
