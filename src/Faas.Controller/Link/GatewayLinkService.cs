using System.Threading.Channels;
using Faas.Controller.Metering;
using Faas.Controller.Scaling;
using Faas.Link;
using Grpc.Core;

namespace Faas.Controller.Link;

/// <summary>The controller's end of the link. One gateway at a time: a newer one replaces an older one.</summary>
internal sealed partial class GatewayLinkService(FleetLink link, GatewayReports reports, UsageIngest usage, ILogger<GatewayLinkService> logger) : GatewayLink.GatewayLinkBase
{
    public override async Task Connect(
        IAsyncStreamReader<GatewayMessage> requestStream, IServerStreamWriter<ControllerMessage> responseStream, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        if (!await requestStream.MoveNext(ct) || requestStream.Current.Hello is not { } hello)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "a gateway begins with hello"));
        }

        Log.Connected(logger, hello.Boot, hello.Version);
        var outgoing = link.Connect(ThisVersion.Text);
        try
        {
            var sending = SendAsync(outgoing.Reader, responseStream, ct);
            var receiving = ReceiveAsync(requestStream, ct);
            await await Task.WhenAny(sending, receiving);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException or RpcException)
        {
            Log.Broken(logger, hello.Boot, e.Message);
        }
        finally
        {
            link.Disconnect(outgoing);
            Log.Disconnected(logger, hello.Boot);
        }
    }

    private static async Task SendAsync(ChannelReader<ControllerMessage> outgoing, IServerStreamWriter<ControllerMessage> stream, CancellationToken ct)
    {
        await foreach (var message in outgoing.ReadAllAsync(ct))
        {
            await stream.WriteAsync(message, ct);
        }
    }

    private async Task ReceiveAsync(IAsyncStreamReader<GatewayMessage> stream, CancellationToken ct)
    {
        while (await stream.MoveNext(ct))
        {
            var message = stream.Current;
            switch (message.MessageCase)
            {
                case GatewayMessage.MessageOneofCase.CapacityWanted:
                    reports.OnCapacityWanted(message.CapacityWanted);
                    break;
                case GatewayMessage.MessageOneofCase.Load:
                    reports.OnLoad(message.Load);
                    break;
                case GatewayMessage.MessageOneofCase.Drained:
                    reports.OnDrained(message.Drained.Instance);
                    break;
                case GatewayMessage.MessageOneofCase.DrainRefused:
                    reports.OnDrainRefused(message.DrainRefused.Instance);
                    break;
                case GatewayMessage.MessageOneofCase.FreezeAnswered:
                    reports.OnFreezeAnswered(message.FreezeAnswered.Instance, message.FreezeAnswered.Agreed);
                    break;
                case GatewayMessage.MessageOneofCase.Discard:
                    reports.OnDiscard(message.Discard.Instance, message.Discard.Reason);
                    break;
                case GatewayMessage.MessageOneofCase.Usage:
                    usage.Enqueue(ReportedUsage.Of(message.Usage));
                    break;
                case GatewayMessage.MessageOneofCase.UsageExtent:
                    usage.Enqueue(ReportedUsage.Of(message.UsageExtent));
                    break;
                case GatewayMessage.MessageOneofCase.FencePassed:
                    link.OnFencePassed(message.FencePassed.Number);
                    break;
                default:
                    Log.Unknown(logger, message.MessageCase);
                    break;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2201, LogLevel.Information, "Gateway {Boot} (version {Version}) connected")]
        public static partial void Connected(ILogger logger, string boot, string version);

        [LoggerMessage(2202, LogLevel.Information, "Gateway {Boot} disconnected")]
        public static partial void Disconnected(ILogger logger, string boot);

        [LoggerMessage(2203, LogLevel.Debug, "The link to gateway {Boot} broke: {Reason}")]
        public static partial void Broken(ILogger logger, string boot, string reason);

        [LoggerMessage(2204, LogLevel.Warning, "A gateway sent a message this controller does not know: {Message}")]
        public static partial void Unknown(ILogger logger, GatewayMessage.MessageOneofCase message);
    }
}
