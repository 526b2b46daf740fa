using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Faas.Gateway.Tests.Fakes;

namespace Faas.Gateway.Tests.Stalls;

/// <summary>The watchdog in the real program: with code in it that blocks, on order.</summary>
public sealed class StallWatchTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("fgt-stall-").FullName;

    [Theory]
    [InlineData("1")]
    [InlineData("3")]
    public async Task The_log_names_the_method_that_blocks_a_thread_of_the_network(string threads)
    {
        using var gateway = Start(threads);
        var stop = TestContext.Current.CancellationToken;
        Assert.StartsWith("ready ", await gateway.StandardOutput.ReadLineAsync(stop), StringComparison.Ordinal);
        using var trigger = Connect();
        using var release = Connect();

        var loops = Math.Max(1, Environment.ProcessorCount / 2);
        await LineWithAsync(gateway, $"the network's threads ({int.Parse(threads, CultureInfo.InvariantCulture) + loops})");
        trigger.Send([1]);
        var report = await LineWithAsync(gateway, "has not come back to the network");
        Assert.Contains("StartupHook.AskTheDatabase", report, StringComparison.Ordinal);
        Assert.Contains("StartupHook+<StallAsync>", report, StringComparison.Ordinal);

        release.Send([1]);
        await LineWithAsync(gateway, "is back after");

        // Neither before nor between them nor afterwards: a healthy gateway says nothing, on a busy machine either.
        gateway.StandardInput.Close();
        var rest = await gateway.StandardError.ReadToEndAsync(stop);
        Assert.DoesNotContain("has not come back", rest, StringComparison.Ordinal);
        await gateway.WaitForExitAsync(stop);
        Assert.Equal(0, gateway.ExitCode);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static async Task<string> LineWithAsync(Process gateway, string text)
    {
        while (await gateway.StandardError.ReadLineAsync().WaitAsync(Patience.Limit) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }

            Assert.DoesNotContain("has not come back", line, StringComparison.Ordinal);
        }

        throw new EndOfStreamException($"The gateway ended and did not say '{text}'.");
    }

    private Process Start(string threads)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "faas-gateway.dll"), "--data", _root, "--listen", "http://127.0.0.1:0", "--supervised"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1",
                ["DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"] = threads,
                ["DOTNET_STARTUP_HOOKS"] = typeof(StallWatchTests).Assembly.Location,
                [StartupHook.Variable] = BlockerSocket,
            },
        };
        return Process.Start(start)!;
    }

    private string BlockerSocket => Path.Combine(_root, "block.sock");

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(BlockerSocket));
        return socket;
    }
}
