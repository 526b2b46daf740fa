using Faas.Link;
using Grpc.Core;

namespace Faas.Gateway.Uplink;

/// <summary>
/// Keeps the one stream to the controller: dials its socket, says hello, applies what comes and sends what waits in the outbox; dials again
/// after 50 ms to 1 s when it breaks. Meanwhile the gateway serves what it knows.
/// </summary>
internal sealed partial class ControllerLink(
    ControllerChannel channel, ControllerPicture picture, Outbox outbox, LinkHealth health, ILogger<ControllerLink> logger, TimeProvider clock)
    : BackgroundService
{
    private static readonly TimeSpan BackOffMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BackOffMax = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var client = new GatewayLink.GatewayLinkClient(channel.Grpc);
        var backOff = BackOffMin;
        while (!stoppingToken.IsCancellationRequested)
        {
            var wasUp = false;
            try
            {
                wasUp = await RunOnceAsync(client, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;   // The gateway ends before it has begun to serve: its port is taken, and that is what it says.
            }
            catch (Exception exception)
            {
                // A malformed message or a bug in applying one: the next connection's complete picture repairs it.
                Log.Failed(logger, exception);
            }

            backOff = wasUp ? BackOffMin : TimeSpan.FromTicks(Math.Min(backOff.Ticks * 2, BackOffMax.Ticks));
            await Task.Delay(backOff, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One connection, from hello to its end. True when at least one message arrived.</summary>
    private async Task<bool> RunOnceAsync(GatewayLink.GatewayLinkClient client, CancellationToken stoppingToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var call = client.Connect(cancellationToken: ending.Token);
        outbox.Open();
        var writing = Task.CompletedTask;
        var wasUp = false;
        try
        {
            await call.RequestStream.WriteAsync(new GatewayMessage { Hello = new Hello { Boot = channel.Identity.Boot, Version = channel.Identity.Version } }, ending.Token);
            writing = WriteAsync(call.RequestStream, ending.Token);
            while (await call.ResponseStream.MoveNext(ending.Token))
            {
                if (!wasUp)
                {
                    wasUp = true;
                    picture.Begin();
                    health.Up();
                    Log.Connected(logger);
                }

                picture.Apply(call.ResponseStream.Current);
            }
        }
        catch (RpcException)
        {
            // The controller is not there or went away: that is what the back-off is for. Or the gateway stops.
        }
        finally
        {
            outbox.Close();
            picture.End();
            if (wasUp)
            {
                health.Down();
                if (!stoppingToken.IsCancellationRequested)
                {
                    Log.Disconnected(logger);
                }
            }

            await ending.CancelAsync();
            await writing;
        }

        return wasUp;
    }

    private async Task WriteAsync(IClientStreamWriter<GatewayMessage> stream, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await stream.WriteAsync(await outbox.TakeAsync(cancellationToken), cancellationToken);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or RpcException or InvalidOperationException)
        {
            // The reader sees the same end and reconnects. InvalidOperationException: the call was completed while writing.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1001, LogLevel.Information, "Connected to the controller")]
        public static partial void Connected(ILogger logger);

        [LoggerMessage(1002, LogLevel.Warning, "The controller went away; what is known keeps being served")]
        public static partial void Disconnected(ILogger logger);

        [LoggerMessage(1003, LogLevel.Error, "The link to the controller failed")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
