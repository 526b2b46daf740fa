using Faas.Gateway.Invocation;

namespace Faas.Gateway.Activation;

/// <summary>How invocations get to one instance. Disposing closes waiting connections at once, and those in use when they are free.</summary>
internal interface IInstanceTransport : IDisposable
{
    /// <summary>
    /// Hands the invocation over and sees it through. When done it is over: answered, or failed with its error set; the slot is released here or later. Otherwise nothing has
    /// begun, and the slot is still held.
    /// </summary>
    ValueTask<Forwarded> ForwardAsync(LiveInvocation invocation);
}

/// <summary>What came of forwarding an invocation to an instance.</summary>
internal enum Forwarded
{
    /// <summary>It is over.</summary>
    Done,

    /// <summary>The instance could not be reached, or takes no new invocation: another one may serve it.</summary>
    Unreachable,

    /// <summary>It had been sent ahead of its turn, and its turn did not come: this or another instance may serve it.</summary>
    GivenBack,
}

/// <summary>Makes the transport of an instance.</summary>
internal interface IInstanceTransports
{
    /// <summary>The transport for handlers (worker protocol) or for functions that serve HTTP.</summary>
    IInstanceTransport Create(Instance instance, bool isHttp);
}
