using System.Diagnostics;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Gateway.Forwarding;
using Faas.Gateway.Invocation;
using Faas.Gateway.Routing;
using Faas.Gateway.Tracing;
using Faas.Link;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Acceptance;

/// <summary>
/// Where asynchronous invocations enter: <c>/async-function/{name}</c>, <c>X-Faas-Invocation: async</c>, and any request with an <c>Idempotency-Key</c>, whose caller waits for the
/// result. Answers 202 once the event is durable.
/// </summary>
internal sealed class AcceptEntrance(AcceptExchange exchange, Traces traces, TimeProvider clock)
{
    /// <summary>What asynchronous invocations' paths begin with.</summary>
    public const string Prefix = "/async-function/";

    private const int KeyLengthMax = 255;

    /// <summary>Whether a request is to be queued that does not say so by its path.</summary>
    public static bool Wants(HttpRequest request) => IsAsynchronous(request) || request.Headers.ContainsKey(AttemptHeaders.Key);

    /// <summary>Queues a request. <paramref name="isAwaited"/>: its caller waits for the result.</summary>
    public async Task HandleAsync(HttpContext http, FunctionRoute route, InvocationCall call, bool isAwaited)
    {
        if (Read(http, route, call, isAwaited, out var refusal) is not { } request)
        {
            await ProblemWriter.WriteAsync(http, call.Id, InvocationError.BadRequest, refusal, null, http.RequestAborted);
            return;
        }

        var trace = traces.IsOn ? TryTrace(http, request) : null;
        await exchange.RunAsync(http, request, route.BodyBytesMax, "send it again with an Idempotency-Key, which makes both one event");
        trace?.End(http.Response.Headers[Problems.ErrorHeader].ToString());
    }

    /// <summary>Whether the request says that it is to be queued.</summary>
    public static bool IsAsynchronous(HttpRequest request) =>
        request.Headers[AttemptHeaders.Invocation] is [{ } value] && value.Equals(AttemptHeaders.Asynchronous, StringComparison.OrdinalIgnoreCase);

    /// <summary>The event's runs are below this in its trace, whenever they come.</summary>
    private InvocationTrace? TryTrace(HttpContext http, AcceptRequest request)
    {
        var parent = Traces.ParentOf(http.Request);
        if (!traces.Samples(parent) || InvocationTrace.Begin(
            $"enqueue {request.Function}", ActivityKind.Producer, parent, Traces.StateOf(http.Request), (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond) is not { } trace)
        {
            return null;
        }

        trace.Tag("faas.name", request.Function);
        trace.Tag("faas.invocation_id", request.Id);
        foreach (var header in request.Headers.Where(header => header.Name.Equals(TraceParent.Name, StringComparison.OrdinalIgnoreCase)).ToList())
        {
            request.Headers.Remove(header);
        }

        request.Headers.Add(new HeaderPair { Name = TraceParent.Name, Value = trace.Parent });
        return trace;
    }

    private AcceptRequest? Read(HttpContext http, FunctionRoute route, InvocationCall call, bool isAwaited, out string refusal)
    {
        var headers = http.Request.Headers;
        refusal = "";
        var delay = TimeSpan.Zero;
        if (headers[AttemptHeaders.Delay] is [{ } text, ..] && !DelayText.TryParse(text, out delay))
        {
            refusal = "X-Faas-Delay must be a time like 30s, 5m, 2h or 500ms";
            return null;
        }

        if (call.Id.Contains('/', StringComparison.Ordinal))
        {
            refusal = "the X-Call-Id of a queued invocation is part of its address, so it must not have a slash";
            return null;
        }

        var key = headers[AttemptHeaders.Key].ToString();
        if (headers.ContainsKey(AttemptHeaders.Key) && (key.Length is 0 or > KeyLengthMax || key.AsSpan().ContainsAnyExceptInRange('!', '~')))
        {
            refusal = $"Idempotency-Key must be 1 to {KeyLengthMax} visible ASCII characters";
            return null;
        }

        var request = new AcceptRequest
        {
            Function = route.Function,
            Id = call.Id,
            Nonce = exchange.NewNonce(),
            IsEvent = call.Kind == RequestKind.Event,
            Method = http.Request.Method,
            Path = call.Path,
            Query = call.Query,
            DelayMs = (long)delay.TotalMilliseconds,
            Key = key,
            CallbackUrl = headers[AttemptHeaders.Callback].ToString(),
            IsAwaited = isAwaited,
        };
        AddHeaders(request, http);
        return request;
    }

    /// <summary>The headers that the function will see, as they would be now: who called is not known later.</summary>
    private static void AddHeaders(AcceptRequest request, HttpContext http)
    {
        var source = http.Request;
        var hasOptions = HeaderRules.HasConnectionOptions(source);
        foreach (var (name, values) in source.Headers)
        {
            if (!HeaderRules.ReachesFunction(name) || ForwardedHeaders.IsReplaced(name) || IsOurs(name) || (hasOptions && HeaderRules.IsNamedByConnection(source, name)))
            {
                continue;
            }

            foreach (var value in values)
            {
                request.Headers.Add(new HeaderPair { Name = name, Value = value ?? "" });
            }
        }

        request.Headers.Add(new HeaderPair { Name = "X-Forwarded-For", Value = ForwardedHeaders.For(source, WorkerRequestFrames.AddressText(http.Connection.RemoteIpAddress)) });
        request.Headers.Add(new HeaderPair { Name = "X-Forwarded-Proto", Value = ForwardedHeaders.Proto(source) });
        request.Headers.Add(new HeaderPair { Name = "X-Forwarded-Host", Value = ForwardedHeaders.Host(source) });
    }

    private static bool IsOurs(string name) =>
        name.Equals(AttemptHeaders.Invocation, StringComparison.OrdinalIgnoreCase) || name.Equals(AttemptHeaders.Delay, StringComparison.OrdinalIgnoreCase)
        || name.Equals(AttemptHeaders.Callback, StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Faas-", StringComparison.OrdinalIgnoreCase);
}
