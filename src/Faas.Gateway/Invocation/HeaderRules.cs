using System.Collections.Frozen;
using Microsoft.Net.Http.Headers;

namespace Faas.Gateway.Invocation;

/// <summary>Which headers pass between callers and functions.</summary>
internal static class HeaderRules
{
    /// <summary>The invocation's id.</summary>
    public const string CallId = "X-Call-Id";

    /// <summary>What the invocation costs.</summary>
    public const string Cost = "X-Faas-Cost";

    /// <summary>For how long it is billed, in ms.</summary>
    public const string BilledMs = "X-Faas-Billed-Ms";

    /// <summary>Where the time went.</summary>
    public const string ServerTiming = "Server-Timing";

    /// <summary>Header bytes of a request that the gateway takes: 32 KiB, Kestrel's own default, and what common servers take.</summary>
    public const int RequestHeaderBytesMax = 32 * 1024;

    // Hop by hop (RFC 9110, 7.6.1), and what each side frames for itself. Expect is answered by the gateway when it first reads the body.
    private static readonly FrozenSet<string> NotToFunctions = new[]
    {
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyConnection, HeaderNames.TransferEncoding, HeaderNames.Upgrade, HeaderNames.TE,
        HeaderNames.Trailer, HeaderNames.ProxyAuthenticate, HeaderNames.ProxyAuthorization, HeaderNames.Expect, HeaderNames.ContentLength, CallId,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> NotToCallers = new[]
    {
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyConnection, HeaderNames.TransferEncoding, HeaderNames.Upgrade, HeaderNames.TE,
        HeaderNames.ProxyAuthenticate, HeaderNames.ContentLength, CallId, Cost, BilledMs, Contracts.Api.Problems.ErrorHeader,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> NotToFunctionsByName = NotToFunctions.GetAlternateLookup<ReadOnlySpan<char>>();
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> NotToCallersByName = NotToCallers.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether a request header reaches the function.</summary>
    public static bool ReachesFunction(string name) => !NotToFunctions.Contains(name) && name[0] != ':';

    /// <summary>Whether a function's header reaches the caller. Content-Length travels outside the headers; X-Call-Id, X-Faas-Error and what is billed are the platform's.</summary>
    public static bool ReachesCaller(string name) => !NotToCallers.Contains(name);

    /// <summary>As <see cref="ReachesFunction(string)"/>.</summary>
    public static bool ReachesFunction(ReadOnlySpan<char> name) => !NotToFunctionsByName.Contains(name);

    /// <summary>As <see cref="ReachesCaller(string)"/>.</summary>
    public static bool ReachesCaller(ReadOnlySpan<char> name) => !NotToCallersByName.Contains(name);

    /// <summary>Whether the request's Connection header names <paramref name="header"/> as meant for this hop only.</summary>
    public static bool IsNamedByConnection(HttpRequest request, string header)
    {
        foreach (var value in request.Headers.Connection)
        {
            foreach (var part in value.AsSpan().Split(','))
            {
                if (value.AsSpan(part).Trim().Equals(header, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>
    /// Whether the Connection header names anything beyond keep-alive and close, which is rare. Kestrel replaces a header that names either by that one
    /// word, so other names beside them are not seen here.
    /// </summary>
    public static bool HasConnectionOptions(HttpRequest request)
    {
        var connection = request.Headers.Connection;
        return connection.Count > 1 || (connection.Count == 1 && connection[0] is { } value
            && !value.Equals("keep-alive", StringComparison.OrdinalIgnoreCase) && !value.Equals("close", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether the request's headers are within <see cref="RequestHeaderBytesMax"/>.</summary>
    public static bool AreWithinLimit(HttpRequest request)
    {
        var bytes = 0L;
        foreach (var (name, values) in request.Headers)
        {
            foreach (var value in values)
            {
                bytes += name.Length + (value?.Length ?? 0) + 4;
            }
        }

        return bytes <= RequestHeaderBytesMax;
    }
}
