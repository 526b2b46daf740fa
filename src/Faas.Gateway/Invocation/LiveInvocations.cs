using System.Diagnostics;
using System.Text;
using Faas.Gateway.FastPath;
using Faas.Gateway.Routing;
using Faas.Gateway.Tracing;
using Faas.Gateway.Usage;

namespace Faas.Gateway.Invocation;

/// <summary>Opens the invocations of callers: each with where it is metered, what it costs, and its trace if it is to have one.</summary>
internal sealed class LiveInvocations(UsageJournal journal, PriceList prices, Traces traces, TimeProvider clock)
{
    /// <summary>One that came through ASP.NET.</summary>
    public LiveInvocation Open(HttpContext http, FunctionRoute route, InvocationCall call)
    {
        var invocation = new LiveInvocation(new HttpCaller(http), route, call, journal, prices, clock);
        traces.BeginIfSampled(invocation, http.Request, ActivityKind.Server);
        return invocation;
    }

    /// <summary>One that came on the fast path; null when it cannot go on there.</summary>
    public LiveInvocation? TryOpen(FastCaller caller, FastRequest request, FunctionRoute route, InvocationCall call)
    {
        var invocation = new LiveInvocation(caller, route, call, journal, prices, clock);
        if (invocation.SmallBody is null)
        {
            return null;
        }

        if (traces.IsOn && traces.Samples(request.TraceParent))
        {
            invocation.BeginTrace(ActivityKind.Server, Encoding.ASCII.GetString(request.TraceParent), request.TraceState);
        }

        return invocation;
    }
}
