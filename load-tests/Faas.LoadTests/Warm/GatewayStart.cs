using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Faas.LoadTests.Warm;

/// <summary>Starts the gateway's process again and again beside a controller that stays, and calls a warm function until it answers.</summary>
internal static partial class GatewayStart
{
    private const int Terminate = 15;
    private const double DeadlineSeconds = 30;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    public static async Task<ResultLine> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var samples = bench.Plan.IsQuick ? 5 : 30;
        var first = new List<double>();
        var listening = new List<double>();
        await OnceAsync(bench, () => bench.DeployAsync(FunctionCode.Hello, 1, cancellationToken), cancellationToken);
        for (var i = 0; i < samples; i++)
        {
            var (connected, answered, memoryMiB) = await OnceAsync(bench, () => Task.CompletedTask, cancellationToken);
            listening.Add(connected);
            first.Add(answered);
            Console.Error.WriteLine($"start {i + 1}: listens after {connected:0.0} ms, answers after {answered:0.0} ms, {memoryMiB:0.0} MiB");
        }

        var line = new ResultLine("start", bench.Plan);
        line.Add("samples", samples, 0);
        line.Add("startP50Ms", Statistics.Median(first), 1);
        line.Add("startMinMs", first.Min(), 1);
        line.Add("startMaxMs", first.Max(), 1);
        line.Add("listeningP50Ms", Statistics.Median(listening), 1);
        return line;
    }

    /// <summary>Starts it, does something while it listens, waits for a function's answer, and stops it. It is gone in any case.</summary>
    private static async Task<(double Connected, double Answered, double MemoryMiB)> OnceAsync(Bench bench, Func<Task> whileItListens, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var gateway = Start(bench);
        try
        {
            var deploying = whileItListens();
            var (connected, answered) = await AnswerAsync(bench.Target.Callers, began, cancellationToken);
            await deploying;
            var memoryMiB = ProcessFiles.ResidentMiB(gateway.Id);
            _ = Signal(gateway.Id, Terminate);
            await gateway.WaitForExitAsync(cancellationToken);
            return (connected, answered, memoryMiB);
        }
        finally
        {
            if (!gateway.HasExited)
            {
                gateway.Kill();
            }
        }
    }

    // As `faas up` starts it.
    private static Process Start(Bench bench) => Process.Start(
        new ProcessStartInfo(bench.Argument("gateway"), ["--data", bench.Target.Folder.Root, "--listen", $"http://{bench.Target.Callers}"])
        {
            Environment =
            {
                ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1",
                ["DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"] = Math.Max(1, Environment.ProcessorCount / 2).ToString(CultureInfo.InvariantCulture),
                ["DOTNET_GCgen0size"] = "200000",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    /// <summary>Milliseconds until it took a connection, and until a function answered.</summary>
    private static async Task<(double Connected, double Answered)> AnswerAsync(IPEndPoint server, long began, CancellationToken cancellationToken)
    {
        double? connected = null;
        while (true)
        {
            var status = Call(server, () => connected ??= TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
            var elapsed = TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
            if (status == 200)
            {
                return (connected!.Value, elapsed);
            }

            if (elapsed > DeadlineSeconds * 1000)
            {
                throw new InvalidOperationException($"The gateway did not answer within {DeadlineSeconds} s; the last status was {status}.");
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>The status of one call on a new connection; null when nobody listens.</summary>
    private static int? Call(IPEndPoint server, Action connected)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = (int)DeadlineSeconds * 1000 };
        try
        {
            socket.Connect(server);
            connected();
            socket.Send("GET /function/hello HTTP/1.1\r\nHost: localhost\r\n\r\n"u8);
            var buffer = new byte[4096];
            var read = socket.Receive(buffer);
            return read >= 12 ? int.Parse(buffer.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture) : 0;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);
}
