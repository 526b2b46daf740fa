using Faas.Gateway.Activation;
using Faas.Gateway.Polling;
using Yarp.ReverseProxy.Forwarder;

namespace Faas.Gateway.Forwarding;

/// <summary>One forwarding path, two transports: the worker protocol for handlers, HTTP for functions that serve it themselves.</summary>
internal sealed class InstanceTransports(IHttpForwarder forwarder, EventLoops loops, TimeProvider clock) : IInstanceTransports
{
    /// <inheritdoc/>
    public IInstanceTransport Create(Instance instance, bool isHttp) => isHttp
        ? new HttpTransport(instance, forwarder, clock)
        : new WorkerTransport(instance, forwarder, loops.Next(), clock);
}
