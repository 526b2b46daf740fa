using System.Buffers;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Gateway.Invocation;
using Faas.Link;

namespace Faas.Gateway.Acceptance;

/// <summary>Writes what callers are told of their events.</summary>
internal static class AcceptAnswer
{
    /// <summary>Answers with what the controller said: the event is durable, its result, or why it was refused.</summary>
    public static async Task WriteAsync(HttpContext http, AcceptReply reply, string id)
    {
        var response = http.Response;
        if (reply.Error.Length > 0)
        {
            await ProblemWriter.WriteAsync(http, id, reply.Error, reply.Status, reply.Detail, reply.RetryAfterS);
            return;
        }

        response.Headers[HeaderRules.CallId] = reply.Id;
        if (reply.IsReplay)
        {
            response.Headers[AttemptHeaders.Replayed] = "true";
        }

        if (reply.Status != 0)
        {
            await WriteResultAsync(http, reply);
            return;
        }

        response.StatusCode = StatusCodes.Status202Accepted;
        response.ContentType = "application/json";
        var body = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("invocationId", reply.Id);
            json.WriteString("status", $"/v1/invocations/{reply.Id}");
            json.WriteEndObject();
        }

        response.ContentLength = body.WrittenCount;
        await response.Body.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }

    private static async Task WriteResultAsync(HttpContext http, AcceptReply reply)
    {
        var response = http.Response;
        response.StatusCode = reply.Status;
        foreach (var header in reply.Headers)
        {
            if (HeaderRules.ReachesCaller(header.Name) || header.Name.Equals(Problems.ErrorHeader, StringComparison.OrdinalIgnoreCase))
            {
                response.Headers.Append(header.Name, header.Value);
            }
        }

        var hasBody = !HttpMethods.IsHead(http.Request.Method) && reply.Status is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified);
        if (hasBody)
        {
            response.ContentLength = reply.Body.Length;
            await response.Body.WriteAsync(reply.Body.Memory, http.RequestAborted);
        }
    }
}
