using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Gateway.Invocation;
using Faas.Gateway.Routing;
using Faas.Link;

namespace Faas.Gateway.Acceptance;

/// <summary>
/// Where webhooks enter: <c>POST /webhook/{function}/{trigger}</c>. The controller checks the signature, because it has the secrets. What a caller may say of an asynchronous invocation with headers
/// (its id, a delay, an address for the result) does not count here: it is not signed.
/// </summary>
internal sealed class WebhookEntrance(AcceptExchange exchange)
{
    /// <summary>Passes a request on.</summary>
    /// <param name="http">The caller.</param>
    /// <param name="route">The function.</param>
    /// <param name="path">The path below it: a slash and the trigger's name.</param>
    public Task HandleAsync(HttpContext http, FunctionRoute route, string path)
    {
        var id = CallId.New();
        var trigger = path[1..];
        if (!FunctionName.IsValid(trigger))   // triggers' names are of the same form; this one has a slash, or is none
        {
            const string Detail = "there is nothing here; a webhook's address is /webhook/FUNCTION/TRIGGER, and `faas trigger list` shows it";
            return ProblemWriter.WriteAsync(http, id, InvocationError.NotFound, Detail, null, http.RequestAborted).AsTask();
        }

        if (!HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.Headers.Allow = HttpMethods.Post;
            return ProblemWriter.WriteAsync(http, id, "MethodNotAllowed", StatusCodes.Status405MethodNotAllowed, "a webhook takes signed POST requests, and nothing else", 0).AsTask();
        }

        var request = new AcceptRequest { Function = route.Function, Id = id, Nonce = exchange.NewNonce(), Method = HttpMethods.Post, Path = "/", Webhook = trigger };
        foreach (var (name, values) in http.Request.Headers)
        {
            if (HeaderRules.ReachesFunction(name))
            {
                foreach (var value in values)
                {
                    request.Headers.Add(new HeaderPair { Name = name, Value = value ?? "" });
                }
            }
        }

        return exchange.RunAsync(http, request, route.BodyBytesMax, "send it again: a delivery that has an id is one event, however often it comes");
    }
}
