using System.Net.Sockets;
using Faas.Runtime.DotNet.Connections;
using Faas.Runtime.DotNet.Functions;
using Faas.Runtime.DotNet.Http;
using Faas.Runtime.DotNet.Lifecycle;
using Faas.Runtime.DotNet.Logging;
using Faas.Runtime.DotNet.Metering;

namespace Faas.Runtime.DotNet;

/// <summary>One instance: the function that it became, what runs, and who is connected.</summary>
internal sealed class Worker
{
    /// <summary>Most connections at the same time: a function's highest concurrency, and some for connections about to close. Each has a thread.</summary>
    private const int ConnectionsMax = 1024 + 16;

    private readonly Socket? _callers;
    private volatile HandlerFunction? _function;
    private volatile HttpFunction? _httpFunction;
    private int _connections;

    public Worker(WorkerEnvironment environment, LogBuffer logs, Socket? callers, bool isRehearsal)
    {
        Environment = environment;
        Logs = logs;
        IsRehearsal = isRehearsal;
        _callers = callers;
        Control = new ControlLine(logs);
        Running = new RunningInvocations(this);
        Watch = new ConnectionWatch(TimeProvider.System);
        Specialization = new Specialization(this);
    }

    public WorkerEnvironment Environment { get; }

    public LogBuffer Logs { get; }

    public ControlLine Control { get; }

    public RunningInvocations Running { get; }

    public ConnectionWatch Watch { get; }

    public Specialization Specialization { get; }

    public UsageMeter Meter { get; } = new(TimeProvider.System);

    /// <summary>Answers that wait for a connection of their own.</summary>
    public MovedAnswers Moved { get; } = new();

    /// <summary>Whether this is the throwaway run before readiness, which must leave no trace in the process.</summary>
    public bool IsRehearsal { get; }

    /// <summary>The handler function, once specialized to one.</summary>
    public HandlerFunction? Function => _function;

    /// <summary>The program, once specialized to one.</summary>
    public HttpFunction? HttpFunction => _httpFunction;

    /// <summary>Where the sockets' callers come in for a program.</summary>
    public Socket Callers => _callers ?? throw new InvalidOperationException("a rehearsal has no http.sock");

    public void Become(HandlerFunction function) => _function = function;

    public void Become(HttpFunction function) => _httpFunction = function;

    /// <summary>Accepts connections until the process ends.</summary>
    public void Serve(Socket listener)
    {
        while (true)
        {
            Accept(listener);
        }
    }

    /// <summary>Starts a thread that does not keep the process alive.</summary>
    public static void StartThread(ThreadStart run) => new Thread(run) { IsBackground = true, Name = "faas connection" }.Start();

    /// <summary>
    /// Accepts one connection and gives it a thread of its own. Blocking reads on a thread, and synchronous handlers right on it, save the hop
    /// to the thread pool that makes up half of a small invocation; a handler that blocks holds up nobody else.
    /// </summary>
    public void Accept(Socket listener)
    {
        var socket = listener.Accept();
        if (Interlocked.Increment(ref _connections) > ConnectionsMax)
        {
            Interlocked.Decrement(ref _connections);
            socket.Dispose();
            return;
        }

        StartThread(() =>
        {
            try
            {
                Connection.Run(this, socket);
            }
            finally
            {
                Interlocked.Decrement(ref _connections);
            }
        });
    }
}
