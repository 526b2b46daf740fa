using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Faas.Tests.Servers;

/// <summary>A real server's process, such as a broker's, on a port and in a folder of its own. Started and killed as a test says, and stopped by its pid.</summary>
internal sealed class ServerProcess(string program, Func<ServerProcess, IEnumerable<string>> arguments) : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(90);

    private Process? _process;

    /// <summary>The folder for what it keeps; the same after it was killed and started again.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("faas-server-").FullName;

    /// <summary>A port that was free when this was made.</summary>
    public int Port { get; } = FreePort();

    /// <summary>Its environment besides the tests' own.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>Skips the test where <paramref name="program"/> is not installed; with FAAS_NO_SKIPS the run counts that as a failure.</summary>
    public static void Require(string program) => Assert.SkipUnless(IsInstalled(program), $"{program} is not installed; tests/run.sh installs it as root");

    /// <summary>Whether <paramref name="program"/> is there.</summary>
    public static bool IsInstalled(string program) =>
        (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>A port that nothing listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts it on what is in its folder, and returns when <paramref name="isReady"/> (null: it accepts connections) says so.</summary>
    public async Task StartAsync(Func<CancellationToken, Task<bool>>? isReady = null)
    {
        var start = new ProcessStartInfo(program, arguments(this)) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;   // never null when it does not use the shell
        _process = process;
        var output = new System.Collections.Concurrent.ConcurrentQueue<string>();
        process.OutputDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(ReadyWithin);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await (isReady ?? AcceptsAsync)(limit.Token))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"{program} ended before it was ready: {string.Join('\n', output)}");
            }

            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>SIGKILL to it and what it has started, in the middle of whatever they are doing.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
            _process = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task<bool> AcceptsAsync(CancellationToken ct)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, ct);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
