using System.Threading.Channels;
using Faas.Gateway.Uplink;
using Faas.Link;
using Grpc.Core;

namespace Faas.Gateway.Acceptance;

/// <summary>
/// Takes events to the controller, which makes them durable. Those that come while a message is being sent go together in the next one. When the stream breaks, what was not
/// answered is sent again on the next one: an event is named by its nonce, so it is accepted once, and callers notice a restarted controller only by the time it takes.
/// </summary>
internal sealed partial class AcceptUplink(ControllerChannel channel, TimeProvider clock, ILogger<AcceptUplink> logger) : BackgroundService
{
    /// <summary>Events under way; more callers are refused. At a commit each 5 ms that is far more than a store takes.</summary>
    private const int PendingMax = 8192;

    /// <summary>Bytes of their bodies altogether: back-pressure, not memory.</summary>
    private const long PendingBytesMax = 64L * 1024 * 1024;

    private const int BatchMax = 256;
    private const int BatchBytesMax = 1024 * 1024;

    private static readonly TimeSpan BackOffMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BackOffMax = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<long, PendingAccept> _pending = [];
    private Channel<PendingAccept> _outgoing = NewChannel();
    private long _numbers;
    private long _bytes;

    /// <summary>Sends an event on its way; null when too many are. To be given back with <see cref="Forget"/>.</summary>
    public PendingAccept? TryBegin(AcceptRequest request)
    {
        lock (_lock)
        {
            if (_pending.Count >= PendingMax || (_bytes + request.Body.Length > PendingBytesMax && _pending.Count > 0))
            {
                return null;
            }

            request.Number = ++_numbers;
            var pending = new PendingAccept(request);
            _pending.Add(request.Number, pending);
            _bytes += request.Body.Length;
            _outgoing.Writer.TryWrite(pending);
            return pending;
        }
    }

    /// <summary>It is answered, or nobody waits for its answer any more.</summary>
    public void Forget(PendingAccept pending)
    {
        lock (_lock)
        {
            if (_pending.Remove(pending.Request.Number))
            {
                _bytes -= pending.Request.Body.Length;
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var client = new EventIntake.EventIntakeClient(channel.Grpc);
        var backOff = BackOffMin;
        while (!stoppingToken.IsCancellationRequested)
        {
            var began = clock.GetTimestamp();
            try
            {
                await RunOnceAsync(client, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;   // The gateway ends before it has begun to serve: its port is taken, and that is what it says.
            }
            catch (RpcException)
            {
                // The controller is not there or went away; ControllerLink says so in the log.
            }
            catch (Exception exception)   // the top of a connection
            {
                Log.Failed(logger, exception);
            }

            backOff = clock.GetElapsedTime(began) > BackOffMax ? BackOffMin : TimeSpan.FromTicks(Math.Min(backOff.Ticks * 2, BackOffMax.Ticks));
            await Task.Delay(backOff, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunOnceAsync(EventIntake.EventIntakeClient client, CancellationToken stoppingToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var call = client.Accept(cancellationToken: ending.Token);
        var outgoing = SendAllAgain();
        var sending = SendAsync(outgoing.Reader, call.RequestStream, ending.Token);
        try
        {
            while (await call.ResponseStream.MoveNext(ending.Token))
            {
                foreach (var reply in call.ResponseStream.Current.Replies)
                {
                    Find(reply.Number)?.Answer(reply);
                }
            }
        }
        finally
        {
            await ending.CancelAsync();
            await sending;
        }
    }

    /// <summary>A new connection begins with what the one before has left.</summary>
    private Channel<PendingAccept> SendAllAgain()
    {
        lock (_lock)
        {
            _outgoing = NewChannel();
            foreach (var pending in _pending.Values)
            {
                pending.Request.IsRepeated = true;
                _outgoing.Writer.TryWrite(pending);
            }

            return _outgoing;
        }
    }

    private static async Task SendAsync(ChannelReader<PendingAccept> outgoing, IClientStreamWriter<AcceptBatch> stream, CancellationToken ct)
    {
        try
        {
            while (await outgoing.WaitToReadAsync(ct))
            {
                var batch = new AcceptBatch();
                var bytes = 0;
                while (batch.Requests.Count < BatchMax && bytes < BatchBytesMax && outgoing.TryRead(out var pending))
                {
                    batch.Requests.Add(pending.Request);
                    bytes += pending.Request.Body.Length;
                }

                await stream.WriteAsync(batch, ct);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or RpcException or InvalidOperationException)
        {
            // The reader sees the same end.
        }
    }

    private PendingAccept? Find(long number)
    {
        lock (_lock)
        {
            return _pending.GetValueOrDefault(number);
        }
    }

    private static Channel<PendingAccept> NewChannel() => Channel.CreateUnbounded<PendingAccept>(new UnboundedChannelOptions { SingleReader = true });   // bounded by PendingMax

    private static partial class Log
    {
        [LoggerMessage(1080, LogLevel.Error, "The way of events to the controller failed; it is opened again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
