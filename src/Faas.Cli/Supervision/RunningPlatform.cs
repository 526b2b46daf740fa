using System.Globalization;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Supervision;

/// <summary>Controller and gateway as children of this process, from the lock on the data folder to the last child's end.</summary>
internal sealed class RunningPlatform : IDisposable
{
    /// <summary>For both parts together: longer than the drain of a function at its default timeout.</summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(30);

    private const string GatewayPart = "gateway";

    private readonly PlatformOptions _options;
    private readonly PlatformLock _lock;
    private readonly SupervisedPart _controller;
    private readonly SupervisedPart _gateway;
    private readonly TimeProvider _time;
    private Uri? _resolvedListen;

    private RunningPlatform(PlatformOptions options, PlatformLock platformLock, Action<string> show, TimeProvider time)
    {
        _options = options;
        _lock = platformLock;
        _time = time;
        _controller = Create("controller", ControllerArguments, show);
        _gateway = Create(GatewayPart, GatewayArguments, show);
    }

    public required string Key { get; init; }

    public Uri PublicUrl { get; private set; } = null!;

    public Uri AdminUrl { get; private set; } = null!;

    /// <summary>Faults when a part cannot go on.</summary>
    public Task Failed => Task.WhenAny(_controller.Failed, _gateway.Failed).Unwrap();

    /// <param name="options">What to start.</param>
    /// <param name="show">Prints a line of a part, or about one, on the terminal.</param>
    /// <param name="time">Time for back-off and limits.</param>
    /// <param name="cancellationToken">Gives up; what was started is stopped.</param>
    public static async Task<RunningPlatform> StartAsync(PlatformOptions options, Action<string> show, TimeProvider time, CancellationToken cancellationToken)
    {
        FolderSetup.CreateRoot(options.Data);
        var platformLock = PlatformLock.Acquire(options.Data);
        RunningPlatform? platform = null;
        try
        {
            await Leftovers.WaitAsync(platformLock.LeftBehind, options.Data, time, cancellationToken);
            CheckAddresses(options);
            platform = new RunningPlatform(options, platformLock, show, time) { Key = FolderSetup.EnsureKey(options.Data) };
            Interruption.Forced = platform.Kill;
            await platform.StartPartsAsync(cancellationToken);
            return platform;
        }
        catch
        {
            if (platform is not null)
            {
                await platform.StopAsync();
                platform.Dispose();
            }

            platformLock.Dispose();
            throw;
        }
    }

    /// <summary>The gateway first, so that it drains while instances still answer; then the controller, which stops the instances.</summary>
    public async Task StopAsync()
    {
        var began = _time.GetTimestamp();
        await _gateway.StopAsync(StopGrace / 2);
        await _controller.StopAsync(StopGrace - _time.GetElapsedTime(began));
        File.Delete(_options.Data.EndpointsFile);
    }

    public void Dispose()
    {
        Interruption.Forced = null;
        _gateway.Dispose();
        _controller.Dispose();
        _lock.Dispose();
    }

    private static void CheckAddresses(PlatformOptions options)
    {
        ListenAddress.Check("--listen", options.Listen);
        ListenAddress.Check("--admin", options.Admin);
        if (options.Listen.Port != 0 && options.Listen.Port == options.Admin.Port && options.Listen.Host == options.Admin.Host)
        {
            throw new CliException(ExitCode.Usage, "--listen and --admin cannot be the same address.");
        }
    }

    private async Task StartPartsAsync(CancellationToken cancellationToken)
    {
        if (_options.Listen.Port == 0)
        {
            // The controller hands out public addresses, so it must know the port that the gateway gets.
            PublicUrl = _resolvedListen = await _gateway.StartAsync(cancellationToken);
            AdminUrl = await _controller.StartAsync(cancellationToken);
        }
        else
        {
            // Both at once: it is what a user waits for. The first failure is the one to report; the caller stops the other.
            var controller = _controller.StartAsync(cancellationToken);
            var gateway = _gateway.StartAsync(cancellationToken);
            await await Task.WhenAny(controller, gateway);
            AdminUrl = await controller;
            PublicUrl = await gateway;
        }

        FolderSetup.WriteEndpoints(_options.Data, new PlatformEndpoints(Environment.ProcessId, Origin(PublicUrl), Origin(AdminUrl)));
    }

    private void Kill()
    {
        _gateway.Kill();
        _controller.Kill();
    }

    private SupervisedPart Create(string name, Func<Uri?, IReadOnlyList<string>> arguments, Action<string> show)
    {
        var (program, first) = PlatformParts.Find(name);
        var log = new PartLog(_options.Data.Logs, name, show);
        var command = new PartCommand(name, program, previous => [.. first, .. arguments(previous)])
        {
            Environment = name == GatewayPart ? GatewayRuntime.Settings : new Dictionary<string, string>(),
        };
        var part = new SupervisedPart(command, log, _lock.SetChild, _time);
        part.Restarting += (exitCode, delay) => show($"[faas] the {name} ended (exit code {exitCode}); starting it again in {Text.Duration(delay)}");
        part.Recovered += _ => show($"[faas] the {name} is back");
        return part;
    }

    private IReadOnlyList<string> ControllerArguments(Uri? previous) =>
    [
        "--data", _options.Data.Root,
        "--admin", Origin(previous ?? _options.Admin),
        "--public", Origin(_resolvedListen ?? _options.Listen),
        "--sandbox", _options.Sandbox,
        "--runtimes", PlatformParts.Runtimes,
        .. _options.Stems is { } stems ? ["--stems", stems.ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
        .. _options.MemoryMiB is { } memory ? ["--memory", memory.ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
        .. _options.Store is { } store ? ["--store", store] : Array.Empty<string>(),
        .. _options.Redis is { } redis ? ["--redis", redis] : Array.Empty<string>(),
        "--supervised",
    ];

    private IReadOnlyList<string> GatewayArguments(Uri? previous) =>
        ["--data", _options.Data.Root, "--listen", Origin(previous ?? _options.Listen), "--supervised"];

    /// <summary>The address as written: <c>http://host:port</c>, port 0 included.</summary>
    internal static string Origin(Uri url) => $"{url.Scheme}://{url.Host}:{url.Port}";
}
