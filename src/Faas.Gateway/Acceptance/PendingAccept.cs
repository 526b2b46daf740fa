using Faas.Link;

namespace Faas.Gateway.Acceptance;

/// <summary>An event on its way to the controller, until it is answered.</summary>
internal sealed class PendingAccept(AcceptRequest request)
{
    private readonly TaskCompletionSource<AcceptReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What is asked for.</summary>
    public AcceptRequest Request { get; } = request;

    /// <summary>The answer.</summary>
    public Task<AcceptReply> Reply => _reply.Task;

    /// <summary>It was answered.</summary>
    public void Answer(AcceptReply reply) => _reply.TrySetResult(reply);
}
