using System.Collections.Concurrent;
using Faas.Link;
using Grpc.Core;

namespace Faas.Gateway.Tests.Fakes;

/// <summary>The controller's end of the way that events take; answers as a test says, by default that the event is accepted.</summary>
internal sealed class FakeIntake : EventIntake.EventIntakeBase
{
    private TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Every request that came, in order.</summary>
    public ConcurrentQueue<AcceptRequest> Requests { get; } = new();

    /// <summary>The answer to a request; null for none.</summary>
    public Func<AcceptRequest, AcceptReply?> Answer { get; set; } = request => new AcceptReply { Id = request.Id };

    /// <summary>Ends the stream as a killed controller does.</summary>
    public void Break()
    {
        var broken = _broken;
        _broken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        broken.SetResult();
    }

    public override async Task Accept(IAsyncStreamReader<AcceptBatch> requestStream, IServerStreamWriter<AcceptReplies> responseStream, ServerCallContext context)
    {
        var broken = _broken.Task;
        while (true)
        {
            var next = requestStream.MoveNext(context.CancellationToken);
            if (await Task.WhenAny(next, broken) == broken || !await next)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "broken"));
            }

            var replies = new AcceptReplies();
            foreach (var request in requestStream.Current.Requests)
            {
                Requests.Enqueue(request);
                if (Answer(request) is { } reply)
                {
                    reply.Number = request.Number;
                    replies.Replies.Add(reply);
                }
            }

            await responseStream.WriteAsync(replies, context.CancellationToken);
        }
    }
}
