using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Events;

namespace Faas.Controller.Api;

/// <summary><c>POST /v1/topics/{topic}</c>: publishes an event on a built-in topic. Answered once it is durable for every subscriber.</summary>
internal static class TopicEndpoints
{
    /// <summary>As for all asynchronous invocations.</summary>
    private const int BodyBytesMax = 1024 * 1024;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/topics/{topic}", PublishAsync)
        .WithTags("topics").WithSummary("Publishes an event: the body, or a CloudEvent in binary or structured mode").Produces<PublishResult>(202).Produces<ApiProblem>(404);

    private static async Task<IResult> PublishAsync(string topic, HttpContext http, Publisher publisher, CancellationToken ct)
    {
        if (!FunctionName.IsValid(topic))
        {
            return ApiResults.Problem(400, "BadRequest", "No topic's name", "a topic's name is made of the characters of function names: a-z, 0-9 and inner hyphens");
        }

        if (await ReadBodyAsync(http.Request, ct) is not { } body)
        {
            return ApiResults.Problem(413, "TooLarge", "Too large", $"an event's body exceeds the limit of {BodyBytesMax} bytes; send less, or a reference to where it is");
        }

        var headers = http.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString(), StringComparer.Ordinal);
        var outcome = await publisher.PublishAsync(topic, headers, body, ct);
        return outcome.Refusal is { } refusal
            ? ApiResults.Problem(refusal.Status, refusal.Error, "Not published", refusal.Detail)
            : Results.Json(new PublishResult(outcome.Id, outcome.Invocations), FaasJson.Default.PublishResult, statusCode: 202);
    }

    private static async Task<byte[]?> ReadBodyAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength > BodyBytesMax)
        {
            return null;
        }

        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int count;
        while ((count = await request.Body.ReadAsync(buffer, ct)) > 0)
        {
            body.Write(buffer, 0, count);
            if (body.Length > BodyBytesMax)
            {
                return null;
            }
        }

        return body.ToArray();
    }
}
