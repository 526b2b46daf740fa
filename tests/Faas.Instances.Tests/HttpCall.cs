using System.Net.Sockets;

namespace Faas.Instances.Tests;

/// <summary>What a gateway does with instances that serve HTTP: over their socket, or over their address for images.</summary>
internal static class HttpCall
{
    public static async Task<string> GetAsync(InstanceHandle instance, string path)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = instance.Socket is not null
                    ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
                    : new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(instance.Socket is not null
                    ? new UnixDomainSocketEndPoint(instance.Socket)
                    : System.Net.IPEndPoint.Parse(instance.Address!), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler) { Timeout = TestHost.Patience };
        return await client.GetStringAsync(new Uri("http://instance" + path), TestContext.Current.CancellationToken);
    }
}
