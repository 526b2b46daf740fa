using Faas.Contracts.Functions;
using Faas.Contracts.Hosting;
using Microsoft.Extensions.Logging;

namespace Faas.Instances.Tests;

/// <summary>A real host on a data folder of its own, with functions written on the spot.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DataFolder _data;
    private readonly bool _ownsFolder;
    private int _functions;

    private TestHost(InstanceHost host, InstanceOptions options, DataFolder data, RecordedEvents events, bool ownsFolder)
    {
        Host = host;
        Options = options;
        _data = data;
        Events = events;
        _ownsFolder = ownsFolder;
    }

    public InstanceHost Host { get; }

    public InstanceOptions Options { get; }

    public RecordedEvents Events { get; }

    public string InstancesFolder => _data.Instances;

    public static async Task<TestHost> StartAsync(string sandbox, RuntimesFixture runtimes, Action<InstanceOptions>? configure = null)
    {
        Docker.SkipUnlessPossible(sandbox);
        var options = new InstanceOptions { Sandbox = sandbox, RuntimesFolder = runtimes.Folder, StemsPerKey = 3, StartTimeout = Patience, SpecializeTimeout = Patience };
        configure?.Invoke(options);
        var data = new DataFolder(Directory.CreateTempSubdirectory("faas-it-").FullName);
        File.SetUnixFileMode(data.Root, (UnixFileMode)0x1C9);
        try
        {
            return await StartAsync(options, data, ownsFolder: true);
        }
        catch
        {
            Directory.Delete(data.Root, recursive: true);
            throw;
        }
    }

    /// <summary>A second host on the same folder: what a controller is after its predecessor was killed.</summary>
    public async Task<TestHost> SuccessorAsync() => await StartAsync(Options, _data, ownsFolder: false);

    /// <summary>Activates a Python function whose file is <paramref name="code"/>.</summary>
    public Task<ActivationResult> PythonAsync(string code, Func<FunctionSpec, FunctionSpec>? change = null) =>
        ActivateAsync(Runtimes.Python, "handler.py", code, s => change?.Invoke(s) ?? s);

    public async Task<ActivationResult> ActivateAsync(string runtime, string file, string code, Func<FunctionSpec, FunctionSpec>? change = null)
    {
        var number = Interlocked.Increment(ref _functions);
        var folder = Directory.CreateDirectory(Path.Combine(_data.Code, $"f{number}")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, file), code);
        return await ActivateFolderAsync(runtime, folder, change);
    }

    public async Task<ActivationResult> ActivateFolderAsync(string runtime, string folder, Func<FunctionSpec, FunctionSpec>? change = null)
    {
        var spec = new FunctionSpec { Name = "hello", Runtime = runtime, Handler = runtime is Runtimes.Http or Runtimes.DotNet ? null : "handler.handler", MemoryMiB = 128, Network = NetworkKind.None };
        return await Host.ActivateAsync(
            new ActivationRequest { InstanceId = "i" + Guid.NewGuid().ToString("n")[..10], Revision = "hello-1", Spec = change?.Invoke(spec) ?? spec, CodeFolder = folder },
            TestContext.Current.CancellationToken);
    }

    /// <summary>As <see cref="ActivateAsync"/>, and it must succeed.</summary>
    public async Task<InstanceHandle> RunningPythonAsync(string code, Func<FunctionSpec, FunctionSpec>? change = null) => Succeeded(await PythonAsync(code, change));

    public static InstanceHandle Succeeded(ActivationResult result)
    {
        Assert.True(result.Instance is not null, $"{result.Error}: {result.Detail}\n{string.Join('\n', result.LogTail)}");
        return result.Instance;
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        if (_ownsFolder)
        {
            Directory.Delete(_data.Root, recursive: true);
        }
    }

    private static async Task<TestHost> StartAsync(InstanceOptions options, DataFolder data, bool ownsFolder)
    {
        var events = new RecordedEvents();
        var host = await InstanceHost.StartAsync(options, data, events, new TestLog(), TimeProvider.System, TestContext.Current.CancellationToken);
        return new TestHost(host, options, data, events, ownsFolder);
    }

    /// <summary>The platform's log, shown with a failed test.</summary>
    private sealed class TestLog : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            TestContext.Current.TestOutputHelper?.WriteLine($"{logLevel}: {formatter(state, exception)}");
    }
}
