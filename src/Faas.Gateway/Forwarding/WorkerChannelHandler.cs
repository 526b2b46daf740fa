namespace Faas.Gateway.Forwarding;

/// <summary>The worker protocol as an HTTP transport: YARP asks it for the answer as it would ask a socket handler. One for each data connection.</summary>
internal sealed class WorkerChannelHandler : HttpMessageHandler
{
    /// <summary>The invocation on the connection.</summary>
    public WorkerExchange? Current { get; set; }

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Task.FromResult(Current!.Answer());
}
