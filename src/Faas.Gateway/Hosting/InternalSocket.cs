using System.Net;
using System.Net.Sockets;

namespace Faas.Gateway.Hosting;

/// <summary>Makes listening sockets; the internal one is for the platform's own user only from the moment it can be connected to.</summary>
internal static class InternalSocket
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>A bound socket for Kestrel to listen on.</summary>
    public static Socket Bind(EndPoint endpoint)
    {
        if (endpoint is not UnixDomainSocketEndPoint unix)
        {
            return Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets.SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        }

        var path = unix.ToString()!;
        RemoveStale(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(unix);
            File.SetUnixFileMode(path, OwnerOnly);   // Nobody can connect before Listen, which Kestrel calls later.
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void RemoveStale(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            File.Delete(path);   // Left by a gateway that was killed.
            return;
        }

        throw new ConfigurationException($"another gateway is running on this data folder: it listens on {path}");
    }
}
