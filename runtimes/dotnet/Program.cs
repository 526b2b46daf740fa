using System.Net.Sockets;
using Faas.Runtime.DotNet.Connections;
using Faas.Runtime.DotNet.Lifecycle;
using Faas.Runtime.DotNet.Logging;

namespace Faas.Runtime.DotNet;

/// <summary>Becomes a stem: binds the sockets, runs the throwaway function, says that it is ready, and serves. See runtimes/PROTOCOL.md.</summary>
internal static class Program
{
    /// <summary>The command line is wrong: sysexits.h's EX_USAGE.</summary>
    private const int UsageExitCode = 64;

    private static int Main()
    {
        if (WorkerEnvironment.Take() is not { } environment)
        {
            Console.Error.WriteLine("faas-worker is started by the platform: it needs FAAS_DIR, FAAS_CODE and FAAS_TOKEN");
            return UsageExitCode;
        }

        var logs = new LogBuffer(TimeProvider.System);
        ConsoleCapture.Install(logs);
        using var workers = WorkerSocket.Listen(environment.WorkerSocketPath);
        using var callers = WorkerSocket.Listen(environment.HttpSocketPath);
        var worker = new Worker(environment, logs, callers, isRehearsal: false);

        Rehearsal.Run(environment, workers);
        worker.Control.StartLogThread();
        using var signals = new TerminationSignals(worker);
        Ready(environment);
        worker.Serve(workers);
        return 0;
    }

    /// <summary>Tells the controller that this stem may be used. It may close the connection at once, so errors after the connect mean nothing.</summary>
    private static void Ready(WorkerEnvironment environment)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(environment.ReadySocketPath));
        try
        {
            socket.Send([.. environment.Token, (byte)'\n']);
        }
        catch (SocketException)
        {
            // The connection was the message.
        }
    }
}
