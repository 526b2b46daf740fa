using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Gateway.Acceptance;
using Faas.Gateway.FastPath;
using Faas.Gateway.Routing;
using Microsoft.AspNetCore.Http.Features;

namespace Faas.Gateway.Invocation;

/// <summary>Where every request enters: finds the function it is for, or says what to call.</summary>
internal sealed class Entrance(RouteTable routes, Invoker invoker, AsyncEntrances entrances, LiveInvocations invocations, TimeProvider clock)
{
    /// <summary>How long a request waits for the first picture of a gateway that has just started. A restarted gateway must not deny functions it doesn't know yet.</summary>
    private static readonly TimeSpan FirstSyncWait = TimeSpan.FromSeconds(10);

    private const int NameShownMax = 80;

    /// <summary>Serves one request.</summary>
    public Task HandleAsync(HttpContext http)
    {
        if (http.Features.Get<HandedOver>() is { } handedOver && handedOver.TryTake(http, out var over))
        {
            return over;
        }

        var request = http.Request;
        var id = CallId.From(request.Headers[HeaderRules.CallId]);
        if (!HeaderRules.AreWithinLimit(request))
        {
            return ProblemWriter.WriteAsync(http, id, InvocationError.TooLarge, $"the request's headers exceed the limit of {HeaderRules.RequestHeaderBytesMax} bytes",
                StatusCodes.Status431RequestHeaderFieldsTooLarge, http.RequestAborted).AsTask();
        }

        var rawTarget = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var isAccepted = InvocationTarget.TryParseBelow(AcceptEntrance.Prefix, rawTarget, out var target);
        var isWebhook = !isAccepted && InvocationTarget.TryParseBelow(TriggerNames.WebhookPrefix, rawTarget, out target);
        if (!isAccepted && !isWebhook && !InvocationTarget.TryParse(request.Method, rawTarget, out target))
        {
            if (rawTarget.StartsWith(AttemptEntrance.Prefix, StringComparison.Ordinal) && AttemptEntrance.IsInternal(http))
            {
                return entrances.Attempts.HandleAsync(http, rawTarget, id);
            }

            return rawTarget.AsSpan().StartsWith("/healthz") ? AnswerHealthAsync(http) : NotFoundAsync(http, id, "there is nothing here; call /function/NAME, or POST an event to /v1/functions/NAME/invocations");
        }

        if (routes.TryFind(target.Name, out var route))
        {
            if (isWebhook)
            {
                return entrances.Webhooks.HandleAsync(http, route, target.Path);
            }

            if (isAccepted || AcceptEntrance.Wants(request))
            {
                var isAwaited = !isAccepted && !AcceptEntrance.IsAsynchronous(request);
                if (isAwaited && route.Budget is { } budget && budget.IsShut(clock.GetUtcNow().ToUnixTimeMilliseconds(), out var retryAfterSeconds))
                {
                    // Who waits for a result must not wait until the month is over. Nothing was begun, so the same key may be sent again.
                    return ProblemWriter.WriteAsync(http, id, nameof(InvocationError.BudgetExceeded), InvocationErrors.Of(InvocationError.BudgetExceeded).Status, budget.Detail, retryAfterSeconds).AsTask();
                }

                return entrances.Accepts.HandleAsync(http, route, new InvocationCall(target.Kind, target.Path, target.Query, id), isAwaited);
            }

            return invoker.InvokeAsync(invocations.Open(http, route, new InvocationCall(target.Kind, target.Path, target.Query, id)));
        }

        return routes.FirstSync.IsCompleted || !FunctionName.IsValid(target.Name)
            ? NotFoundAsync(http, id, $"there is no function '{Shorten(target.Name)}'; 'faas list' shows those there are")
            : WaitForFirstSyncAsync(http, id);
    }

    private async Task WaitForFirstSyncAsync(HttpContext http, string id)
    {
        try
        {
            await routes.FirstSync.WaitAsync(FirstSyncWait, clock, http.RequestAborted);
        }
        catch (TimeoutException)
        {
            await ProblemWriter.WriteAsync(http, id, InvocationError.Unavailable, "the gateway has just started and the controller has not told it the functions yet; try again",
                null, http.RequestAborted);
            return;
        }
        catch (OperationCanceledException)
        {
            return;
        }

        await HandleAsync(http);
    }

    private static Task NotFoundAsync(HttpContext http, string id, string detail) =>
        ProblemWriter.WriteAsync(http, id, InvocationError.NotFound, detail, null, http.RequestAborted).AsTask();

    private static Task AnswerHealthAsync(HttpContext http)
    {
        http.Response.ContentType = "text/plain";
        return http.Response.WriteAsync("ok\n", http.RequestAborted);
    }

    private static string Shorten(ReadOnlySpan<char> name) => name.Length <= NameShownMax ? name.ToString() : string.Concat(name[..NameShownMax], "...");
}
