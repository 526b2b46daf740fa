using System.Net;
using System.Net.Sockets;

namespace Faas.Events;

/// <summary>Where callers may have results sent to: anywhere but to what listens only on this machine, or is this machine's own business (RFC 3927, cloud metadata).</summary>
internal sealed class CallbackRules(IReadOnlyList<string> localHosts)
{
    private const int LengthMax = 2048;

    /// <summary>Why <paramref name="url"/> cannot be sent to, in a sentence; null when it can, as far as its text says.</summary>
    public string? Refuses(string url)
    {
        if (url.Length > LengthMax || !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0)
        {
            return $"the address must be an http or https address of at most {LengthMax} characters, without user and password";
        }

        var isLocal = address.IsLoopback || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IsLocal(ip));
        return isLocal && !IsListed(address.Host) ? LocalRefusal(address.Host) : null;
    }

    /// <summary>Why what <paramref name="host"/> has resolved to cannot be connected to; null when it can. Looked at last, so that a name cannot change its mind.</summary>
    public string? Refuses(string host, IPAddress address) => IsLocal(address) && !IsListed(host) ? LocalRefusal(host) : null;

    private bool IsListed(string host) => localHosts.Contains(host, StringComparer.OrdinalIgnoreCase);

    private static string LocalRefusal(string host) =>
        $"'{host}' is a local address, which callers cannot have results sent to; Faas:Events:LocalCallbackHosts lists the ones that are allowed";

    private static bool IsLocal(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
            || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..] or [0, ..]);
    }
}
