using System.Threading.Channels;
using Faas.Contracts.Invocations;
using Faas.Events;
using Faas.Events.Webhooks;
using Faas.Link;
using Google.Protobuf;
using Grpc.Core;

namespace Faas.Controller.Events;

/// <summary>The controller's end of the way that events take: accepts many at a time, so that the store's commits are shared, and answers in the order in which they are durable.</summary>
internal sealed partial class EventIntakeService(Intake intake, WebhookDesk webhooks, IHostApplicationLifetime lifetime, ILogger<EventIntakeService> logger) : EventIntake.EventIntakeBase
{
    private const int RepliesAtOnceMax = 256;

    public override async Task Accept(IAsyncStreamReader<AcceptBatch> requestStream, IServerStreamWriter<AcceptReplies> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var replies = Channel.CreateUnbounded<AcceptReply>(new UnboundedChannelOptions { SingleReader = true });   // bounded by what the gateway has under way
        var sending = SendAsync(replies.Reader, responseStream, ending.Token);
        try
        {
            while (await requestStream.MoveNext(ending.Token))
            {
                foreach (var request in requestStream.Current.Requests)
                {
                    Begin(request, replies.Writer, ending.Token);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or InvalidOperationException or RpcException)
        {
            // The gateway went away, or this controller stops: what was not answered comes again.
        }
        finally
        {
            replies.Writer.TryComplete();
            await ending.CancelAsync();
            await sending;
        }
    }

    private static async Task SendAsync(ChannelReader<AcceptReply> replies, IServerStreamWriter<AcceptReplies> stream, CancellationToken ct)
    {
        try
        {
            while (await replies.WaitToReadAsync(ct))
            {
                var batch = new AcceptReplies();
                while (batch.Replies.Count < RepliesAtOnceMax && replies.TryRead(out var reply))
                {
                    batch.Replies.Add(reply);
                }

                await stream.WriteAsync(batch, ct);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or InvalidOperationException or RpcException)
        {
            // As above.
        }
    }

    /// <summary>Each is answered by itself, whenever it is durable, and what fails is its answer: there is nothing to wait for.</summary>
    private void Begin(AcceptRequest request, ChannelWriter<AcceptReply> replies, CancellationToken ct) => Task.Run(() => AcceptOneAsync(request, replies, ct), CancellationToken.None);

    private async Task AcceptOneAsync(AcceptRequest request, ChannelWriter<AcceptReply> replies, CancellationToken ct)
    {
        AcceptReply reply;
        try
        {
            var wanted = ToIntake(request);
            reply = ToReply(request.Webhook.Length == 0 ? await intake.AcceptAsync(wanted, ct) : await webhooks.AcceptAsync(request.Webhook, wanted, ct));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)   // the top of a request
        {
            Log.Failed(logger, exception, request.Id);
            reply = new AcceptReply
            {
                Id = request.Id, Error = nameof(InvocationError.Unavailable), Status = 503, RetryAfterS = 1, Detail = $"the store cannot take the event now: {exception.Message}",
            };
        }

        reply.Number = request.Number;
        replies.TryWrite(reply);
    }

    private static IntakeRequest ToIntake(AcceptRequest request) => new()
    {
        Function = request.Function,
        Id = request.Id,
        Nonce = request.Nonce,
        Request = new InvocationRequest(request.IsEvent, request.Method, request.Path, request.Query, [.. request.Headers.Select(header => new HeaderField(header.Name, header.Value))]),
        Body = request.Body.Memory,
        Delay = TimeSpan.FromMilliseconds(request.DelayMs),
        Key = request.Key.Length == 0 ? null : request.Key,
        CallbackUrl = request.CallbackUrl.Length == 0 ? null : request.CallbackUrl,
        IsAwaited = request.IsAwaited,
        IsRepeated = request.IsRepeated,
    };

    private static AcceptReply ToReply(IntakeReply reply)
    {
        var message = new AcceptReply { Id = reply.Id, IsReplay = reply.IsReplay };
        if (reply.Refusal is { } refusal)
        {
            (message.Error, message.Status, message.Detail, message.RetryAfterS) = (refusal.Error, refusal.Status, refusal.Detail, refusal.RetryAfterSeconds);
        }
        else if (reply.Answer is { } answer)
        {
            message.Status = answer.Status;
            message.Body = UnsafeByteOperations.UnsafeWrap(answer.Body);
            message.Headers.AddRange(answer.Headers.Select(header => new HeaderPair { Name = header.Name, Value = header.Value }));
        }

        return message;
    }

    private static partial class Log
    {
        [LoggerMessage(2501, LogLevel.Error, "Event {Id} could not be accepted")]
        public static partial void Failed(ILogger logger, Exception exception, string id);
    }
}
