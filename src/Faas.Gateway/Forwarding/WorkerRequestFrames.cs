using System.Net;
using Faas.Gateway.Invocation;
using Faas.Gateway.Tracing;
using Faas.WorkerProtocol;
using Microsoft.Net.Http.Headers;

namespace Faas.Gateway.Forwarding;

/// <summary>Writes the Request frame of an invocation.</summary>
internal static class WorkerRequestFrames
{
    private const int NameLengthMax = 256;

    [ThreadStatic]
    private static (IPAddress? Address, string Text) _lastRemote;

    /// <summary>Writes the head with its headers.</summary>
    public static void WriteHead(PayloadWriter output, LiveInvocation invocation, uint stream, long contentLength, bool hasBody)
    {
        var caller = invocation.Caller;
        output.BeginFrame();
        new RequestHead
        {
            Kind = invocation.Kind,
            IsHttps = caller.IsHttps,
            TimeoutMs = (uint)invocation.Route.Timeout.TotalMilliseconds,
            ContentLength = contentLength,
            ReceivedUnixMs = invocation.ReceivedUnixMs,
            InvocationId = invocation.Id,
            Method = caller.Method,
            Path = invocation.Path,
            Query = invocation.Query,
            RemoteAddress = caller.RemoteAddress,
            IsTraced = invocation.Trace is not null,
        }.Write(output);
        caller.WriteHeaders(output, invocation.Id, invocation.Trace?.Parent);
        output.EndFrame(FrameType.Request, stream, hasBody ? FrameMarks.None : FrameMarks.EndOfBody);
    }

    /// <summary>Writes the headers of a request that came through ASP.NET.</summary>
    public static void WriteHeaders(PayloadWriter output, HttpRequest request, in PlatformHeaders own)
    {
        var countAt = output.Position;
        output.U16(0);
        ushort count = 0;
        if (own.TraceParent is not null)
        {
            output.Text(TraceParent.Name);
            output.Text(own.TraceParent);
            count++;
        }

        var hasOptions = HeaderRules.HasConnectionOptions(request);
        foreach (var (name, values) in request.Headers)
        {
            if (!HeaderRules.ReachesFunction(name) || (hasOptions && HeaderRules.IsNamedByConnection(request, name)) || ForwardedHeaders.IsReplaced(name)
                || (own.TraceParent is not null && name.Equals(TraceParent.Name, StringComparison.OrdinalIgnoreCase)))
            {
                continue;
            }

            foreach (var value in values)
            {
                WriteName(output, name);
                output.Text(value);
                count++;
            }
        }

        output.Text("x-forwarded-for");
        output.Text(ForwardedHeaders.For(request, own.Remote));
        output.Text("x-forwarded-proto");
        output.Text(ForwardedHeaders.Proto(request));
        output.Text("x-forwarded-host");
        output.Text(ForwardedHeaders.Host(request));
        output.Text("x-call-id");
        output.Text(own.InvocationId);
        output.PatchU16(countAt, (ushort)(count + 4));
    }

    private static void WriteName(PayloadWriter output, string name)
    {
        Span<char> lower = stackalloc char[NameLengthMax];
        if (name.Length > NameLengthMax)
        {
            output.Text(name.ToLowerInvariant());
            return;
        }

        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            lower[i] = char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
        }

        output.Text(lower[..name.Length]);
    }

    /// <summary>The address as text. Neighbouring requests on a thread often come from the same caller, and formatting allocates.</summary>
    public static string AddressText(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        if (!ReferenceEquals(_lastRemote.Address, address))
        {
            _lastRemote = (address, (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString());
        }

        return _lastRemote.Text;
    }
}

/// <summary>What the gateway adds to a request's headers, besides what stands in it.</summary>
/// <param name="InvocationId">X-Call-Id.</param>
/// <param name="Remote">The caller's address.</param>
/// <param name="TraceParent">traceparent, in the place of the caller's; null to let that through.</param>
internal readonly record struct PlatformHeaders(string InvocationId, string Remote, string? TraceParent);

/// <summary>
/// X-Forwarded-*: the caller's address is appended to X-Forwarded-For; Proto and Host are kept when a proxy in front of the gateway has set them,
/// because only that proxy knows.
/// </summary>
internal static class ForwardedHeaders
{
    private const string ForName = "X-Forwarded-For";
    private const string ProtoName = "X-Forwarded-Proto";
    private const string HostName = "X-Forwarded-Host";

    /// <summary>Whether the gateway writes this header itself.</summary>
    public static bool IsReplaced(string name) => name.Length is 15 or 16 or 17 && name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
        && (name.Equals(ForName, StringComparison.OrdinalIgnoreCase) || name.Equals(ProtoName, StringComparison.OrdinalIgnoreCase)
            || name.Equals(HostName, StringComparison.OrdinalIgnoreCase));

    /// <summary>Value of X-Forwarded-For.</summary>
    public static string For(HttpRequest request, string remote)
    {
        var earlier = request.Headers[ForName];
        return earlier.Count == 0 ? remote : remote.Length == 0 ? earlier.ToString() : $"{earlier}, {remote}";
    }

    /// <summary>Value of X-Forwarded-Proto.</summary>
    public static string Proto(HttpRequest request) => Kept(request, ProtoName) ?? request.Scheme;

    /// <summary>Value of X-Forwarded-Host.</summary>
    public static string Host(HttpRequest request) => Kept(request, HostName) ?? request.Headers[HeaderNames.Host].ToString();

    private static string? Kept(HttpRequest request, string name)
    {
        var value = request.Headers[name];
        return value.Count == 0 ? null : value.ToString();
    }
}
