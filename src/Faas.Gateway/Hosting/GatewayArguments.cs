using System.Net;
using Faas.Contracts.Hosting;

namespace Faas.Gateway.Hosting;

/// <summary>The command line: <c>--data DIR --listen URL [--supervised]</c>.</summary>
/// <param name="Data">The platform's folder.</param>
/// <param name="Listen">Where callers connect.</param>
/// <param name="IsSupervised">Whether the end of standard input means shutdown.</param>
internal sealed record GatewayArguments(DataFolder Data, IPEndPoint Listen, bool IsSupervised)
{
    /// <summary>Reads the command line.</summary>
    /// <exception cref="ConfigurationException">It is not understood.</exception>
    public static GatewayArguments Parse(IReadOnlyList<string> args)
    {
        string? data = null;
        string? listen = null;
        var isSupervised = false;
        for (var i = 0; i < args.Count; i++)
        {
            switch (args[i])
            {
                case "--data":
                    data = ValueAfter(args, ref i);
                    break;
                case "--listen":
                    listen = ValueAfter(args, ref i);
                    break;
                case "--supervised":
                    isSupervised = true;
                    break;
                default:
                    throw new ConfigurationException($"'{args[i]}' is not an option; usage: faas-gateway --data DIR --listen URL [--supervised]");
            }
        }

        return new GatewayArguments(
            new DataFolder(data ?? throw new ConfigurationException("--data DIR is missing")),
            EndPointOf(listen ?? throw new ConfigurationException("--listen URL is missing")),
            isSupervised);
    }

    private static string ValueAfter(IReadOnlyList<string> args, ref int i) =>
        ++i < args.Count ? args[i] : throw new ConfigurationException($"{args[i - 1]} needs a value");

    private static IPEndPoint EndPointOf(string listen)
    {
        // '*' and '+' are no host names to Uri, but what people write for every address.
        var text = listen.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme != "http" || url.PathAndQuery != "/")
        {
            throw new ConfigurationException($"--listen was '{listen}'; it must be like http://127.0.0.1:8080");
        }

        if (url.IsLoopback && url.HostNameType == UriHostNameType.Dns)
        {
            return new IPEndPoint(IPAddress.Loopback, url.Port);
        }

        return IPAddress.TryParse(url.DnsSafeHost, out var address)
            ? new IPEndPoint(address, url.Port)
            : throw new ConfigurationException($"--listen was '{listen}'; its host must be an IP address or localhost");
    }
}
