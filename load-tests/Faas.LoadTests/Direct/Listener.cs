using System.Net;
using System.Net.Sockets;

namespace Faas.LoadTests.Direct;

/// <summary>The two places at which a direct worker listens: a unix socket for proxies, a port for callers.</summary>
internal static class Listener
{
    /// <summary>As long as the kernel allows: a proxy that finds the line full answers 502.</summary>
    private const int Backlog = 4096;

    public static Socket Unix(Arguments arguments) => Listen(new UnixDomainSocketEndPoint(arguments["socket"]), AddressFamily.Unix, ProtocolType.Unspecified);

    public static Socket Tcp(Arguments arguments) => Listen(new IPEndPoint(IPAddress.Loopback, arguments.Number("port")), AddressFamily.InterNetwork, ProtocolType.Tcp);

    private static Socket Listen(EndPoint place, AddressFamily family, ProtocolType protocol)
    {
        var socket = new Socket(family, SocketType.Stream, protocol);
        socket.Bind(place);
        socket.Listen(Backlog);
        return socket;
    }
}
