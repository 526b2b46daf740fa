using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Controller.Link;

namespace Faas.Controller.Api;

/// <summary>
/// <c>POST /v1/functions/{name}/invocations</c>: passed on to the gateway's internal listener, so that slots, limits, metering and errors exist once.
/// </summary>
internal sealed class InvocationEndpoints(GatewaySocket gateway)
{
    private static readonly string[] Copied =
        ["Content-Type", "X-Call-Id", AttemptHeaders.Invocation, AttemptHeaders.Delay, AttemptHeaders.Callback, AttemptHeaders.Key];

    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/functions/{name}/invocations", InvokeAsync).WithTags("invocations").WithSummary("Invokes a function with a raw JSON event").Produces(200).Produces<ApiProblem>(404);

    private async Task InvokeAsync(string name, HttpContext http)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://gateway/v1/functions/{Uri.EscapeDataString(name)}/invocations") { Content = new StreamContent(http.Request.Body) };
        foreach (var header in Copied)
        {
            Copy(http.Request, request, header);
        }

        request.Content.Headers.ContentLength = http.Request.ContentLength;
        try
        {
            using var response = await gateway.Client.SendAsync(request, http.RequestAborted);
            http.Response.StatusCode = (int)response.StatusCode;
            foreach (var (header, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
            {
                if (!header.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase) && !header.Equals("Date", StringComparison.OrdinalIgnoreCase))
                {
                    http.Response.Headers.Append(header, values.ToArray());
                }
            }

            await response.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
        }
        catch (HttpRequestException) when (!http.Response.HasStarted)
        {
            var problem = Problems.Of(InvocationError.Unavailable, "the gateway does not answer; it is restarted within a second, try again", null);
            await ApiResults.Problem(problem).ExecuteAsync(http);
        }
    }

    private static void Copy(HttpRequest from, HttpRequestMessage to, string header)
    {
        if (from.Headers.TryGetValue(header, out var values) && !to.Headers.TryAddWithoutValidation(header, values.ToArray()))
        {
            to.Content!.Headers.TryAddWithoutValidation(header, values.ToArray());
        }
    }
}
