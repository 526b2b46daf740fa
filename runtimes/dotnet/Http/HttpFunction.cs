using System.Net;
using System.Net.Sockets;
using Faas.Runtime.DotNet.Functions;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Http;

/// <summary>A function that is a program: runs it, and relays connections between <c>http.sock</c> and its port.</summary>
internal sealed class HttpFunction
{
    /// <summary>How long a program may take to end after SIGTERM when the platform names no grace.</summary>
    private static readonly TimeSpan GraceDefault = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ProbeMin = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan ProbeMax = TimeSpan.FromMilliseconds(20);

    private readonly ChildProgram _program;

    private HttpFunction(ChildProgram program) => _program = program;

    /// <summary>Starts the program and waits until its port accepts a connection, or until it has ended. The controller owns the deadline.</summary>
    /// <exception cref="FunctionLoadException">It cannot be started, or it ended before it listened.</exception>
    public static HttpFunction Start(Worker worker, SpecializeMessage spec)
    {
        if (spec.Command.Count == 0)
        {
            throw FunctionLoadException.Load("an http function needs a command");
        }

        var endpoint = new IPEndPoint(IPAddress.Loopback, FreePort());
        var program = ChildProgram.Start(spec.Command, worker.Environment.CodeDirectory, endpoint.Port, worker.Logs);
        var function = new HttpFunction(program);
        worker.Become(function);   // From here on SIGTERM reaches the program.
        function.AwaitListening(endpoint, spec.Command);
        program.WhenEnded(exitCode => worker.Running.ExitProcess(exitCode));
        Relay.Start(worker.Callers, endpoint);
        return function;
    }

    /// <summary>Asks the program to end, and makes it when <paramref name="grace"/> is over; then calls <paramref name="exit"/>.</summary>
    public void Stop(TimeSpan? grace, Action<int> exit)
    {
        _program.WhenEnded(exit);   // Again, if it listens already; it may still be starting.
        _program.Stop(grace ?? GraceDefault);
    }

    private void AwaitListening(IPEndPoint endpoint, IReadOnlyList<string> command)
    {
        var pause = ProbeMin;
        while (!Accepts(endpoint))
        {
            if (_program.Ended.Wait(pause))
            {
                throw FunctionLoadException.Init(
                    $"'{string.Join(' ', command)}' ended with code {_program.ExitCode} before it listened on PORT{_program.LastLines()}");
            }

            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 3 / 2, ProbeMax.Ticks));
        }
    }

    private static bool Accepts(IPEndPoint endpoint)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Connect(endpoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A port that nobody uses. In a sandbox with a network of its own nobody could take it meanwhile.</summary>
    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
