using System.Runtime.CompilerServices;
using System.Text;
using Faas.Gateway.Invocation;
using Faas.Gateway.Routing;

namespace Faas.Gateway.FastPath;

/// <summary>Where plain requests enter: finds the handler function that each is for. For whatever it does not find, <see cref="Entrance"/> has the words.</summary>
internal sealed class FastEntrance(RouteTable routes, Invoker invoker, LiveInvocations invocations)
{
    private const int UsualTargetLength = 256;

    /// <summary>Begins to serve a request. Null when it is not for a function that takes it as it is; then nothing has begun.</summary>
    [SkipLocalsInit]
    public Task? TryServe(FastCaller caller, FastRequest request)
    {
        Span<char> text = request.Target.Length <= UsualTargetLength ? stackalloc char[UsualTargetLength] : new char[request.Target.Length];
        var raw = text[..Encoding.ASCII.GetChars(request.Target, text)];
        if (!InvocationTarget.TryParse(request.Method, raw, out var target) || !routes.TryFind(target.Name, out var route) || route.IsHttp || request.BodyLength > route.BodyBytesMax)
        {
            return null;
        }

        var call = new InvocationCall(target.Kind, target.Path, target.Query, CallId.From(request.CallId));
        return invocations.TryOpen(caller, request, route, call) is { } invocation ? invoker.InvokeAsync(invocation) : null;
    }
}
