using Faas.WorkerProtocol;

namespace Faas.Gateway.Routing;

/// <summary>What a request line asks for: which function, and what the function sees as path and query. Points into the raw target, so it costs nothing.</summary>
internal readonly ref struct InvocationTarget
{
    private const string FunctionPrefix = "/function/";
    private const string EventPrefix = "/v1/functions/";
    private const string EventSuffix = "/invocations";

    private InvocationTarget(RequestKind kind, ReadOnlySpan<char> name, ReadOnlySpan<char> path, ReadOnlySpan<char> query)
    {
        Kind = kind;
        Name = name;
        PathSpan = path;
        QuerySpan = query;
    }

    /// <summary>Whether the body is an HTTP request's or a raw event.</summary>
    public RequestKind Kind { get; }

    /// <summary>The function's name as the caller wrote it.</summary>
    public ReadOnlySpan<char> Name { get; }

    /// <summary>Path below the function, percent-encoded as received; at least <c>/</c>.</summary>
    public string Path => PathSpan.Length <= 1 ? "/" : PathSpan.ToString();

    /// <summary>Query as received, without the question mark.</summary>
    public string Query => QuerySpan.IsEmpty ? "" : QuerySpan.ToString();

    private ReadOnlySpan<char> PathSpan { get; }

    private ReadOnlySpan<char> QuerySpan { get; }

    /// <summary>Reads a request target in origin form (<c>/path?query</c>) or absolute form (<c>http://host/path</c>). False when it names no function.</summary>
    public static bool TryParse(string method, ReadOnlySpan<char> rawTarget, out InvocationTarget target)
    {
        var rest = ToOriginForm(rawTarget);
        var queryAt = rest.IndexOf('?');
        var query = queryAt < 0 ? default : rest[(queryAt + 1)..];
        var path = queryAt < 0 ? rest : rest[..queryAt];

        if (path.StartsWith(FunctionPrefix, StringComparison.Ordinal))
        {
            target = FunctionBelow(path[FunctionPrefix.Length..], query);
            return !target.Name.IsEmpty;
        }

        if (path.StartsWith(EventPrefix, StringComparison.Ordinal) && path.EndsWith(EventSuffix, StringComparison.Ordinal) && method == "POST"
            && path.Length > EventPrefix.Length + EventSuffix.Length)
        {
            target = new InvocationTarget(RequestKind.Event, path[EventPrefix.Length..^EventSuffix.Length], "/", query);
            return true;
        }

        target = default;
        return false;
    }

    /// <summary>Reads a target below another prefix than <c>/function/</c>, in the same forms. False when it is not below it, or names no function.</summary>
    public static bool TryParseBelow(string prefix, ReadOnlySpan<char> rawTarget, out InvocationTarget target)
    {
        var rest = ToOriginForm(rawTarget);
        target = default;
        if (!rest.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var queryAt = rest.IndexOf('?');
        var query = queryAt < 0 ? default : rest[(queryAt + 1)..];
        target = FunctionBelow((queryAt < 0 ? rest : rest[..queryAt])[prefix.Length..], query);
        return !target.Name.IsEmpty;
    }

    private static InvocationTarget FunctionBelow(ReadOnlySpan<char> path, ReadOnlySpan<char> query)
    {
        var slash = path.IndexOf('/');
        return slash < 0
            ? new InvocationTarget(RequestKind.Http, path, "/", query)
            : new InvocationTarget(RequestKind.Http, path[..slash], path[slash..], query);
    }

    private static ReadOnlySpan<char> ToOriginForm(ReadOnlySpan<char> target)
    {
        if (target.IsEmpty || target[0] == '/')
        {
            return target;
        }

        var authority = target.IndexOf("://");
        if (authority < 0)
        {
            return target;
        }

        var path = target[(authority + 3)..];
        var slash = path.IndexOf('/');
        return slash < 0 ? "/" : path[slash..];
    }
}
