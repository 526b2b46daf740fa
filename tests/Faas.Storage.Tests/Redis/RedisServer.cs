using System.Diagnostics;
using Faas.Storage.Redis;
using StackExchange.Redis;

namespace Faas.Storage.Tests.Redis;

/// <summary>A redis-server of its own, on a unix socket in a folder of its own, that syncs each write. It ends with the tests that share it.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private const string Program = "redis-server";

    private string? _folder;   // null when there is nothing to start: who is skipped is not disposed
    private Process? _process;

    private static bool IsInstalled { get; } = Environment.GetEnvironmentVariable("PATH")?.Split(':').Any(folder => File.Exists(Path.Combine(folder, Program))) == true;

    // Short, because a socket's path ends at 107 bytes.
    private string Socket => Path.Combine(_folder ?? "", "s");

    public static void Require() => Assert.SkipUnless(IsInstalled, "redis-server is not installed; tests/run.sh installs it as root");

    public async ValueTask InitializeAsync()
    {
        if (IsInstalled)
        {
            _folder = Directory.CreateTempSubdirectory("faas-redis-").FullName;
            await StartAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>Starts it on what is in its folder, and returns when it answers.</summary>
    public Task StartAsync() => StartAsync("ready to accept connections");

    /// <summary>Starts it so that it takes half a millisecond for each command in its files, and returns when it begins to read them.</summary>
    public Task StartSlowlyAsync() => StartAsync("Reading RDB base file", "--key-load-delay", "500");

    private async Task StartAsync(string isReadyWhen, params string[] options)
    {
        var start = new ProcessStartInfo(Program) { RedirectStandardOutput = true };
        foreach (var argument in (string[])["--port", "0", "--unixsocket", Socket, "--dir", _folder!, "--appendonly", "yes", "--appendfsync", "always", "--save", "", .. options])
        {
            start.ArgumentList.Add(argument);
        }

        var isReady = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = Process.Start(start)!;   // never null when it does not use the shell
        _process = process;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                isReady.TrySetException(new InvalidOperationException("redis-server ended before it was ready"));
            }
            else if (line.Data.Contains(isReadyWhen, StringComparison.Ordinal))
            {
                isReady.TrySetResult();
            }
        };
        process.BeginOutputReadLine();
        await isReady.Task.WaitAsync(Eventually.Deadline);
    }

    /// <summary>SIGKILL, in the middle of whatever it is doing.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
            _process = null;
        }
    }

    /// <summary>Lets it hang (SIGSTOP), and go on.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, $"{_process!.Id}"]);   // it runs
        await kill.WaitForExitAsync(CancellationToken.None);
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Cuts the end of the newest append-only file off, as a crash does in the middle of a write. The server does not run.</summary>
    public void CutAppendOnlyFile(int bytes)
    {
        Assert.Null(_process);
        var newest = new DirectoryInfo(Path.Combine(_folder!, "appendonlydir")).GetFiles("*.incr.aof").MaxBy(file => int.Parse(file.Name.Split('.')[2], null))!;
        using var file = newest.Open(FileMode.Open, FileAccess.Write);
        file.SetLength(file.Length - bytes);
    }

    /// <summary>Options with a prefix that nobody else has.</summary>
    public RedisQueueOptions NewOptions() => new() { Servers = "!" + Socket, Prefix = $"{{{Guid.NewGuid():N}}}:", Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Sends a command, as an administrator does.</summary>
    public async Task<RedisResult> ExecuteAsync(string command, params object[] arguments)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync("!" + Socket);
        return await connection.GetDatabase().ExecuteAsync(command, arguments);
    }

    /// <summary>Names of all keys with a prefix, without it, in order.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync(string prefix) =>
        [.. ((string[])(await ExecuteAsync("KEYS", prefix + "*"))!).Select(key => key[prefix.Length..]).Order(StringComparer.Ordinal)];
}
