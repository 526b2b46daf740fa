using System.Diagnostics;
using System.Text.Json;
using Faas.Contracts.Hosting;

namespace Faas.EndToEnd.Tests.Running;

/// <summary>The real thing: <c>faas up</c> as a child process, on free ports and a data folder of its own.</summary>
internal sealed class Platform : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan StopLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(15);

    private readonly PlatformOptions _options;
    private readonly OutputLines _output = new();
    private readonly string _data;
    private readonly bool _ownsData;
    private IReadOnlySet<string> _networksBefore = new HashSet<string>();
    private Process? _up;

    private Platform(PlatformOptions options)
    {
        _options = options;
        _ownsData = options.Data is null;
        _data = options.Data ?? NewDataFolder();
        Folder = new DataFolder(_data);
    }

    public DataFolder Folder { get; }

    public string Sandbox => _options.Sandbox;

    /// <summary>What <c>up</c> wrote so far.</summary>
    public OutputLines Output => _output;

    /// <summary>Process id of <c>faas up</c>.</summary>
    public int Pid => _up!.Id;

    public Uri PublicUrl { get; private set; } = null!;

    public Uri AdminUrl { get; private set; } = null!;

    /// <summary>The public listener: no redirects followed, no proxy, no cookies.</summary>
    public HttpClient Public { get; private set; } = null!;

    /// <summary>The management API, authorized.</summary>
    public ManagementApi Admin { get; private set; } = null!;

    /// <summary>A folder for <see cref="PlatformOptions.Data"/>: short, because sockets lie below it, and traversable for instances' users.</summary>
    public static string NewDataFolder()
    {
        var folder = Directory.CreateTempSubdirectory("faas-e").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0x1C9);   // 0711
        return folder;
    }

    public static async Task<Platform> StartAsync(PlatformOptions options)
    {
        if (options.Sandbox == "docker")
        {
            await DockerEngine.RequireAsync();
        }

        var platform = new Platform(options);
        try
        {
            await platform.StartAsync();
            return platform;
        }
        catch
        {
            await platform.KillAsync();
            throw;
        }
    }

    /// <summary>Runs a verb of the CLI against this platform, in <paramref name="folder"/>.</summary>
    public Task<CommandResult> RunCliAsync(IEnumerable<string> arguments, string? folder = null) =>
        Command.RunAsync(Repository.Cli, [.. arguments, "--data", _data], folder);

    public Task<CommandResult> RunCliAsync(params string[] arguments) => RunCliAsync((IEnumerable<string>)arguments);

    /// <summary>Process id of the controller.</summary>
    public Task<int> ControllerAsync() => PartAsync("controller");

    /// <summary>Process id of the gateway.</summary>
    public Task<int> GatewayAsync() => PartAsync("gateway");

    /// <summary>Kills a part as a crash would, and waits until <c>up</c> has started a new one.</summary>
    public async Task<int> KillAndAwaitSuccessorAsync(string part)
    {
        var old = await PartAsync(part);
        ProcessTable.Signal(old, ProcessTable.SigKill);
        return await PartAsync(part, except: old);
    }

    /// <summary>Ends everything at once without any warning: <c>kill -9</c> of <c>faas up</c>.</summary>
    public async Task KillUpAsync()
    {
        ProcessTable.Signal(Pid, ProcessTable.SigKill);
        await _up!.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Stops as Ctrl-C does, and asserts that nothing is left.</summary>
    public async Task StopAsync()
    {
        if (_up is null || _up.HasExited)
        {
            return;
        }

        ProcessTable.Signal(Pid, ProcessTable.SigInt);
        using var limit = new CancellationTokenSource(StopLimit);
        try
        {
            await _up.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
            Assert.Fail($"`faas up` did not end within {StopLimit} of Ctrl-C:\n{_output}");
        }

        Assert.True(_up.ExitCode is 0 or 130, $"`faas up` ended with exit code {_up.ExitCode}:\n{_output}");
        await AssertNothingLeftAsync();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        finally
        {
            await KillAsync();
        }
    }

    /// <summary>No process, container, network, control group or socket of this platform exists.</summary>
    public async Task AssertNothingLeftAsync()
    {
        // A killed process needs a moment to be gone, hence the second look.
        IReadOnlyList<(int Pid, string Command)> left = [];
        try
        {
            await Eventually.HoldsAsync("nothing", () => (left = ProcessTable.ThatMention(_data)).Count == 0, LeaveLimit);
        }
        catch (Xunit.Sdk.XunitException)
        {
            Assert.Fail($"Processes of {_data} are left:\n{string.Join('\n', left.Select(process => $"{process.Pid}: {process.Command}"))}");
        }

        if (Sandbox == "docker")
        {
            Assert.Empty(await DockerEngine.ContainersOfAsync(_data));
            Assert.Subset(_networksBefore.ToHashSet(), (await DockerEngine.NetworksAsync()).ToHashSet());
        }

        Assert.False(File.Exists(Folder.EndpointsFile), "endpoints.json still says that a platform listens");
        var sockets = Directory.Exists(Folder.Run)
            ? Directory.EnumerateFileSystemEntries(Folder.Run, "*", SearchOption.AllDirectories).Where(path => path.EndsWith(".sock", StringComparison.Ordinal)).ToList()
            : [];
        Assert.Empty(sockets);
    }

    private async Task StartAsync()
    {
        if (Sandbox == "docker")
        {
            _networksBefore = await DockerEngine.NetworksAsync();
        }

        Assert.True(File.Exists(Repository.Cli), $"{Repository.Cli} is not built");
        File.Delete(Folder.EndpointsFile);
        var start = new ProcessStartInfo(Repository.Cli, [
            "up", _options.Manifest ?? Path.Combine(Repository.Root, "tests/Faas.EndToEnd.Tests/Functions/faas.yaml"),
            "--data", _data, "--listen", "http://127.0.0.1:0", "--admin", "http://127.0.0.1:0", "--sandbox", Sandbox, .. _options.Arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in _options.Environment)
        {
            start.Environment[name] = value;
        }

        _up = new Process { StartInfo = start };
        _output.ReadFrom(_up);
        await ConnectAsync();
    }

    private async Task ConnectAsync()
    {
        var endpoints = await Eventually.GivesAsync("the platform's endpoints.json", () => Task.FromResult(ReadEndpoints()), StartLimit);
        PublicUrl = new Uri(endpoints.PublicUrl);
        AdminUrl = new Uri(endpoints.AdminUrl);
        Public = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false })
        {
            BaseAddress = PublicUrl,
            Timeout = TimeSpan.FromMinutes(2),
        };
        Admin = new ManagementApi(AdminUrl, (await File.ReadAllTextAsync(Folder.AdminKeyFile, TestContext.Current.CancellationToken)).Trim());

        await Eventually.HoldsAsync("`up` has deployed and says so", () => IsRunning() && _output.Contains("ready;"), StartLimit);
    }

    private Endpoints? ReadEndpoints()
    {
        IsRunning();
        try
        {
            return JsonSerializer.Deserialize<Endpoints>(File.ReadAllText(Folder.EndpointsFile), ManagementApi.Json);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;   // Not yet, or not completely.
        }
    }

    private bool IsRunning()
    {
        Assert.False(_up!.HasExited, $"`faas up` ended:\n{_output}");
        return true;
    }

    private async Task<int> PartAsync(string part, int except = 0)
    {
        var found = 0;
        await Eventually.HoldsAsync(
            $"a {part} process other than {except}",
            () => (found = ProcessTable.DescendantsOf(Pid).FirstOrDefault(pid => pid != except && IsPart(ProcessTable.CommandOf(pid), part))) != 0);
        return found;
    }

    // Either an executable of its own, a library that dotnet runs, or a verb of the CLI.
    private static bool IsPart(string[] command, string part) =>
        command.Take(2).Any(argument => Path.GetFileName(argument) is var name && (name == "faas-" + part || name == $"faas-{part}.dll"));

    private async Task KillAsync()
    {
        if (_up is { HasExited: false })
        {
            _up.Kill(entireProcessTree: true);
            await _up.WaitForExitAsync(CancellationToken.None);
        }

        await RemoveLeftoversAsync();
        if (Environment.GetEnvironmentVariable("FAAS_E2E_LOGS") is { Length: > 0 } logs)
        {
            await File.WriteAllTextAsync(Path.Combine(logs, $"platform-{Path.GetFileName(_data)}.log"), _output.ToString(), CancellationToken.None);
        }

        _up?.Dispose();
        _up = null;
        Public?.Dispose();
        Admin?.Dispose();
        if (_ownsData && Directory.Exists(_data))
        {
            Directory.Delete(_data, recursive: true);
        }
    }

    // A platform that leaves something behind fails its test, but must not weigh on those after it. What `up` left while it was to be killed
    // belongs to its next start, unless the folder goes too.
    private async Task RemoveLeftoversAsync()
    {
        if (!_ownsData)
        {
            return;
        }

        foreach (var (pid, _) in ProcessTable.ThatMention(_data))
        {
            try
            {
                ProcessTable.Signal(pid, ProcessTable.SigKill);
            }
            catch (InvalidOperationException)
            {
                // It ended between being seen and being killed.
            }
        }

        foreach (var container in Sandbox == "docker" ? await DockerEngine.ContainersOfAsync(_data) : [])
        {
            await Command.RunAsync("docker", ["rm", "-f", container]);
        }
    }

    private sealed record Endpoints(int Pid, string PublicUrl, string AdminUrl);
}
