using Faas.Gateway.Invocation;

namespace Faas.Gateway.Activation;

/// <summary>How invocations get to one instance. Disposing closes waiting connections at once, and those in use when they are free.</summary>
internal interface IInstanceTransport : IDisposable
{
    /// <summary>
    /// Hands the invocation over and sees it through. False when the instance could not be reached and nothing was sent, so that another
    /// one may serve it. Otherwise the invocation is over: answered, or failed with its error set; the slot is released here or later.
    /// </summary>
    ValueTask<bool> ForwardAsync(LiveInvocation invocation);
}

/// <summary>Makes the transport of an instance.</summary>
internal interface IInstanceTransports
{
    /// <summary>The transport for handlers (worker protocol) or for functions that serve HTTP.</summary>
    IInstanceTransport Create(Instance instance, bool isHttp);
}
