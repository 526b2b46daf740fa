using System.Net;
using System.Net.Sockets;
using Faas.Cli.CommandLine;

namespace Faas.Cli.Supervision;

/// <summary>Checks early that an address can be listened on, for one clear line instead of a child's stack trace.</summary>
internal static class ListenAddress
{
    /// <param name="option">The option it came from, for messages.</param>
    /// <param name="url">What to listen on; port 0 lets the system choose.</param>
    public static void Check(string option, Uri url)
    {
        if (url.Scheme != "http")
        {
            throw new CliException(ExitCode.Usage, $"{option} must be an http:// address; put a TLS proxy in front for https.");
        }

        if (url.Port == 0)
        {
            return;
        }

        try
        {
            using var listener = new TcpListener(AddressOf(option, url), url.Port);
            listener.Start();
            listener.Stop();
        }
        catch (SocketException e)
        {
            throw new CliException(ExitCode.Error, Explain(option, url, e.SocketErrorCode));
        }
    }

    private static IPAddress AddressOf(string option, Uri url)
    {
        if (url.IsLoopback && url.HostNameType == UriHostNameType.Dns)
        {
            return IPAddress.Loopback;
        }

        return IPAddress.TryParse(url.DnsSafeHost, out var address)
            ? address
            : throw new CliException(ExitCode.Usage, $"{option} needs an IP address or localhost, not '{Output.Text.Shorten(url.Host)}'; use 0.0.0.0 for all interfaces.");
    }

    private static string Explain(string option, Uri url, SocketError error) => error switch
    {
        SocketError.AddressAlreadyInUse => $"port {url.Port} is taken by another program; choose another with {option} http://{url.Host}:PORT",
        SocketError.AddressNotAvailable => $"{url.Host} is no address of this machine; choose another with {option} http://127.0.0.1:{url.Port}",
        SocketError.AccessDenied => $"listening on port {url.Port} is not permitted (below 1024 it needs root); choose another with {option} http://{url.Host}:PORT",
        _ => $"cannot listen on {url.GetLeftPart(UriPartial.Authority)} ({error}); choose another with {option} URL",
    };
}
