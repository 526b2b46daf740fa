using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>How to start a worker, whatever its language.</summary>
internal sealed record WorkerCommand(string FileName, params string[] Arguments)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>
/// A real worker process in a directory of its own, and the platform's side of the protocol. Nothing here knows a runtime. Every wait is
/// bounded by one budget for the whole test, so a worker that hangs fails the test with an <see cref="OperationCanceledException"/>.
/// </summary>
internal sealed class WorkerHarness : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly CancellationTokenSource _patience = new(Patience);
    private readonly string _root;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentBag<IDisposable> _connections = [];
    private readonly ConcurrentBag<DataConnection> _idle = [];
    private Process? _process;

    private WorkerHarness()
    {
        // Short, because a unix socket's path may have 107 bytes.
        _root = Path.Combine("/tmp", "faas-t-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(5)));
        Sockets = Directory.CreateDirectory(Path.Combine(_root, "run")).FullName;
        Code = Directory.CreateDirectory(Path.Combine(_root, "code")).FullName;
    }

    /// <summary>What the worker knows as FAAS_DIR.</summary>
    public string Sockets { get; }

    /// <summary>What the worker knows as FAAS_CODE.</summary>
    public string Code { get; }

    public string Token { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public int ProcessId => _process!.Id;

    /// <summary>What the process itself wrote to stdout and stderr (not through Log frames).</summary>
    public IReadOnlyCollection<string> Output => _output;

    /// <summary>The control connection opened by <see cref="StartAsync"/>.</summary>
    public ControlConnection Control { get; private set; } = null!;

    /// <summary>Ends when the whole test has taken too long; for waits of a test's own.</summary>
    public CancellationToken OutOfPatience => _patience.Token;

    /// <summary>Starts the process, waits until it has dialled ready.sock with the right token, and opens the control connection.</summary>
    public static async Task<WorkerHarness> StartAsync(WorkerCommand command)
    {
        var harness = new WorkerHarness();
        try
        {
            using var listener = harness.ListenForReady();
            harness.StartProcess(command);
            await harness.AwaitReadyAsync(listener);
            harness.Control = await harness.OpenControlAsync(harness.Token);
            return harness;
        }
        catch
        {
            await harness.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes a file of the function's code, making its folders.</summary>
    public void WriteCode(string relativePath, string text)
    {
        var path = Path.Combine(Code, relativePath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    public async Task<ControlConnection> OpenControlAsync(string token) => Keep(new ControlConnection(await OpenAsync(ConnectionRole.Control, token)));

    public async Task<DataConnection> OpenDataAsync() => Keep(new DataConnection(await OpenAsync(ConnectionRole.Data, "")));

    /// <summary><paramref name="first"/>: frames that leave in one write with the Hello.</summary>
    public async Task<SharedConnection> OpenSharedAsync(Action<PayloadWriter>? first = null) =>
        Keep(new SharedConnection(await OpenAsync(ConnectionRole.Shared, "", first)));

    /// <summary>Specializes as function <c>hello</c>, revision <c>hello-1</c>, instance <c>i-1</c>.</summary>
    public Task<SpecializedMessage> SpecializeAsync(string? handler, IReadOnlyDictionary<string, string>? env = null, string kind = "handler", int concurrency = 8) =>
        Control.SpecializeAsync(new SpecializeMessage
        {
            Function = "hello",
            Revision = "hello-1",
            Instance = "i-1",
            Kind = kind,
            Handler = handler,
            MemoryMiB = 256,
            TimeoutMs = 30_000,
            Concurrency = concurrency,
            Env = env ?? new Dictionary<string, string>(),
        });

    /// <summary>As <see cref="SpecializeAsync"/>; the test fails with the worker's own words when the function does not load.</summary>
    public async Task SpecializeOkAsync(string? handler, IReadOnlyDictionary<string, string>? env = null, int concurrency = 8)
    {
        var answer = await SpecializeAsync(handler, env, concurrency: concurrency);
        Assert.True(answer.Ok, $"{answer.Error}: {answer.Message}\n{string.Join('\n', answer.Trace ?? [])}");
    }

    /// <summary>One invocation on an idle data connection, opened when there is none.</summary>
    public async Task<InvocationAnswer> InvokeAsync(InvocationRequest request)
    {
        var connection = _idle.TryTake(out var idle) ? idle : await OpenDataAsync();
        var answer = await connection.InvokeAsync(request);
        _idle.Add(connection);
        return answer;
    }

    /// <summary>Sends a signal, named as kill(1) names it.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(_patience.Token);
    }

    /// <summary>Waits until the process has ended; its exit code.</summary>
    public async Task<int> ExitCodeAsync()
    {
        await _process!.WaitForExitAsync(_patience.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }

        if (_process is { } process)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }

        Directory.Delete(_root, recursive: true);
        _patience.Dispose();
    }

    private Socket ListenForReady()
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(Sockets, "ready.sock")));
        listener.Listen(1);
        return listener;
    }

    private void StartProcess(WorkerCommand command)
    {
        var start = new ProcessStartInfo(command.FileName, command.Arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        start.Environment["FAAS_DIR"] = Sockets;
        start.Environment["FAAS_CODE"] = Code;
        start.Environment["FAAS_TOKEN"] = Token;
        foreach (var (name, value) in command.Environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        void Keep(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is not null)
            {
                _output.Enqueue(line.Data);
            }
        }
    }

    private async Task AwaitReadyAsync(Socket listener)
    {
        var accepting = listener.AcceptAsync(_patience.Token).AsTask();
        if (await Task.WhenAny(accepting, _process!.WaitForExitAsync(_patience.Token)) != accepting)
        {
            throw new InvalidOperationException($"The worker ended before it was ready: {string.Join('\n', _output)}");
        }

        using var dialled = await accepting;
        using var stream = new NetworkStream(dialled);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        Assert.Equal(Token + "\n", await reader.ReadToEndAsync(_patience.Token));
    }

    private Task<FrameConnection> OpenAsync(ConnectionRole role, string token, Action<PayloadWriter>? first = null) =>
        FrameConnection.OpenAsync(Path.Combine(Sockets, "worker.sock"), role, token, first, _patience.Token);

    private T Keep<T>(T connection)
        where T : IDisposable
    {
        _connections.Add(connection);
        return connection;
    }
}
