using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Gateway.Invocation;
using Faas.Gateway.Routing;
using Faas.Gateway.Tracing;
using Faas.WorkerProtocol;
using Microsoft.AspNetCore.Connections.Features;

namespace Faas.Gateway.Acceptance;

/// <summary>
/// Where the controller's attempts enter, on the internal listener only: <c>POST /attempts/{name}[/path][?query]</c> with the method that the function sees in
/// <c>X-Faas-Method</c>. The answer is the function's, with its usage behind the body (<see cref="AttemptUsage"/>); a status without a body is in <c>X-Faas-Status</c>.
/// </summary>
internal sealed class AttemptEntrance(RouteTable routes, Invoker invoker, Traces traces, TimeProvider clock)
{
    /// <summary>What attempts' paths begin with.</summary>
    public const string Prefix = "/attempts/";

    /// <summary>Whether the request came over the unix socket, which only the platform's own user can connect to.</summary>
    public static bool IsInternal(HttpContext http) => http.Features.Get<IConnectionSocketFeature>()?.Socket.LocalEndPoint is UnixDomainSocketEndPoint;

    /// <summary>Runs one attempt.</summary>
    public async Task HandleAsync(HttpContext http, string rawTarget, string id)
    {
        if (!InvocationTarget.TryParseBelow(Prefix, rawTarget, out var target) || !routes.TryFind(target.Name, out var route))
        {
            // The controller has it and this gateway does not yet, or not any more: nothing has begun, and it is tried again.
            await ProblemWriter.WriteAsync(http, id, InvocationError.Unavailable, "this gateway does not know the function", null, http.RequestAborted);
            return;
        }

        var request = http.Request;
        var isEvent = request.Headers[AttemptHeaders.Kind] == AttemptHeaders.EventKind;
        request.Method = request.Headers[AttemptHeaders.Method] is [{ Length: > 0 } method] ? method : HttpMethods.Post;
        request.Headers.Remove(AttemptHeaders.Kind);
        request.Headers.Remove(AttemptHeaders.Method);

        var usage = new AttemptUsage();
        http.Response.OnStarting(OpenEnd, http.Response);
        var call = new InvocationCall(isEvent ? RequestKind.Event : RequestKind.Http, target.Path, target.Query, id);
        var invocation = new LiveInvocation(new HttpCaller(http), route, call, usage, prices: null, clock);
        traces.BeginIfSampled(invocation, request, ActivityKind.Consumer);
        await invoker.InvokeAsync(invocation);
        if (!http.RequestAborted.IsCancellationRequested)
        {
            await http.Response.BodyWriter.WriteAsync(usage.ToTail(), http.RequestAborted);
        }
    }

    /// <summary>Makes room for the usage behind the body: no length, and a status that has a body.</summary>
    private static Task OpenEnd(object state)
    {
        var response = (HttpResponse)state;
        response.Headers.ContentLength = null;
        response.Headers[AttemptHeaders.Usage] = AttemptHeaders.UsageBehindBody;
        if (response.StatusCode is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified)
        {
            response.Headers[AttemptHeaders.Status] = response.StatusCode.ToString(CultureInfo.InvariantCulture);
            response.StatusCode = StatusCodes.Status200OK;
        }

        return Task.CompletedTask;
    }
}
