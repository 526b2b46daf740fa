using System.Diagnostics;

namespace Faas.Runtime.DotNet.Functions;

/// <summary>
/// The <see cref="Activity"/> that a handler runs in when its invocation is traced: what it does with HttpClient, or with activities of its own, is below the gateway's spans. Who exports them is the function's
/// own affair: its SDK hears of this one as source <c>Faas.Functions</c>.
/// </summary>
internal static class InvocationActivity
{
    private const string Name = "handler";

    private static readonly ActivitySource Source = new("Faas.Functions");

    /// <summary>Begins it; null for an invocation that is not traced, or whose <c>traceparent</c> is none.</summary>
    public static Activity? Start(Invocation invocation)
    {
        if (invocation.TraceParent is not { } traceParent || !ActivityContext.TryParse(traceParent, null, isRemote: true, out var parent))
        {
            return null;
        }

        var activity = Source.StartActivity(Name, ActivityKind.Internal, parent) ?? new Activity(Name).SetParentId(parent.TraceId, parent.SpanId, parent.TraceFlags).Start();
        return activity.SetTag("faas.invocation_id", invocation.Head.InvocationId);
    }
}
