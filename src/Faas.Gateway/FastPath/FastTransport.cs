using System.Net;
using System.Net.Sockets;
using Faas.Gateway.Hosting;
using Faas.Gateway.Polling;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Faas.Gateway.FastPath;

/// <summary>Makes the listeners of the gateway's server.</summary>
internal sealed class FastTransport(FastEntrance entrance, EventLoops loops, SocketConnectionContextFactory factory, TimeProvider clock, ILogger<FastListener> logger) : IConnectionListenerFactory
{
    /// <inheritdoc/>
    /// <exception cref="AddressInUseException">Another program listens there.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        try
        {
            var listener = new FastListener(InternalSocket.Bind(endpoint), entrance, loops, factory, clock, logger);
            listener.Open();
            return new(listener);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(exception.Message, exception);
        }
    }
}
