using System.Net.Sockets;
using Faas.Contracts.Hosting;

namespace Faas.Controller.Link;

/// <summary>The gateway's internal listener: HTTP/1.1 over a unix socket. What invokes from here goes through it, so that slots, limits, metering and errors exist once.</summary>
internal sealed class GatewaySocket(DataFolder data) : IDisposable
{
    /// <summary>Sends requests to it; the host in their address does not matter.</summary>
    public HttpMessageInvoker Client { get; } = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        ConnectCallback = async (_, ct) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(data.GatewaySocket), ct);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    });

    public void Dispose() => Client.Dispose();
}
