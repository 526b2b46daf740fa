using System.Net.Sockets;
using Grpc.Net.Client;

namespace Faas.Gateway.Uplink;

/// <summary>The one connection to the controller: HTTP/2 over its unix socket, which the link and the events' way share. Dials when it is needed.</summary>
internal sealed class ControllerChannel(GatewayIdentity identity) : IDisposable
{
    /// <summary>Who this gateway is.</summary>
    public GatewayIdentity Identity => identity;

    /// <summary>The channel.</summary>
    public GrpcChannel Grpc { get; } = Create(identity.ControllerSocket);

    /// <inheritdoc/>
    public void Dispose() => Grpc.Dispose();

    private static GrpcChannel Create(string socket) => GrpcChannel.ForAddress("http://controller", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellationToken) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                    return new NetworkStream(connection, ownsSocket: true);
                }
                catch
                {
                    connection.Dispose();
                    throw;
                }
            },
        },
        DisposeHttpClient = true,
        MaxReceiveMessageSize = null,
        // Who uses it has the only retry.
        ServiceConfig = null,
    });
}
