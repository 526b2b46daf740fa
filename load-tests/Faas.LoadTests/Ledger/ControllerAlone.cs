using System.Diagnostics;
using System.Net.Sockets;
using Faas.Contracts.Hosting;
using Faas.Link;
using Grpc.Core;
using Grpc.Net.Client;

namespace Faas.LoadTests.Ledger;

/// <summary>A controller without functions, and the gateway's end of its link.</summary>
internal sealed class ControllerAlone : IAsyncDisposable
{
    private const string Ready = "ready ";

    private readonly Process _process;
    private readonly GrpcChannel _channel;
    private readonly AsyncDuplexStreamingCall<GatewayMessage, ControllerMessage> _call;

    private ControllerAlone(Process process, Uri admin, GrpcChannel channel)
    {
        Admin = admin;
        _process = process;
        _channel = channel;
        _call = new GatewayLink.GatewayLinkClient(channel).Connect();
    }

    /// <summary>Where its management API is.</summary>
    public Uri Admin { get; }

    public TimeSpan Cpu => ProcessFiles.Cpu(_process.Id);

    public static async Task<ControllerAlone> StartAsync(string program, DataFolder data, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["--data", data.Root, "--admin", "http://127.0.0.1:0", "--public", "http://127.0.0.1:1", "--runtimes", data.Root,
            "--sandbox", "process", "--stems", "0", "--supervised"])
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;   // never null without the shell
        string? line;
        while (!(line = await process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new InvalidOperationException("The controller ended.")).StartsWith(Ready, StringComparison.Ordinal))
        {
        }

        var channel = GrpcChannel.ForAddress("http://controller", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, token) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(data.ControllerSocket), token);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            },
        });
        var controller = new ControllerAlone(process, new Uri(line[Ready.Length..]), channel);
        await controller._call.RequestStream.WriteAsync(new GatewayMessage { Hello = new Hello { Boot = "load", Version = "load" } }, cancellationToken);
        return controller;
    }

    public Task SendAsync(UsageExtent extent, CancellationToken cancellationToken) =>
        _call.RequestStream.WriteAsync(new GatewayMessage { UsageExtent = extent }, cancellationToken);

    /// <summary>Waits until everything before an offset is durable.</summary>
    public async Task DurableAsync(long segment, long to, CancellationToken cancellationToken)
    {
        while (await _call.ResponseStream.MoveNext(cancellationToken))
        {
            if (_call.ResponseStream.Current.UsageAck is { } ack && (ack.Segment > segment || (ack.Segment == segment && ack.To >= to)))
            {
                return;
            }
        }

        throw new InvalidOperationException("The controller ended the link.");
    }

    public async ValueTask DisposeAsync()
    {
        _call.Dispose();
        _channel.Dispose();
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
