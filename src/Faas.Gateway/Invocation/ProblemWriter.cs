using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Invocation;

/// <summary>Answers with an error of the platform: problem+json, and headers that say which.</summary>
internal static class ProblemWriter
{
    /// <summary>People read it in terminals, and no browser takes it for HTML: quotation marks stay what they are.</summary>
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers an invocation that failed, and writes its usage record first.</summary>
    public static async ValueTask WriteAsync(LiveInvocation invocation, CancellationToken cancellationToken)
    {
        await invocation.ToHttpAsync();
        var response = invocation.Http.Response;
        response.Clear();
        invocation.StopRun();
        var body = Prepare(response, Problems.Of(invocation.Error, invocation.Detail, invocation.Id), invocation.Error, invocation);
        var sent = HttpMethods.IsHead(invocation.Http.Request.Method) ? 0 : body.WrittenCount;
        invocation.AddBytesOut(sent);
        invocation.MarkResponse(invocation.BytesOut);
        invocation.Record(response.StatusCode);
        await SendAsync(invocation.Http, body, cancellationToken);
    }

    /// <summary>Answers a request that never became an invocation of a known function, so nothing is recorded.</summary>
    public static ValueTask WriteAsync(HttpContext http, string id, InvocationError error, string detail, int? status, CancellationToken cancellationToken)
    {
        var response = http.Response;
        response.Headers[HeaderRules.CallId] = id;
        response.Headers[HeaderRules.ServerTiming] = ServerTiming.Format(0, 0, 0);
        var problem = Problems.Of(error, detail, id);
        return SendAsync(http, Prepare(response, status is { } other ? problem with { Status = other } : problem, error, null), cancellationToken);
    }

    /// <summary>Answers with an error that the controller has named.</summary>
    public static ValueTask WriteAsync(HttpContext http, string id, string error, int status, string detail, int retryAfterSeconds)
    {
        var response = http.Response;
        response.Headers[HeaderRules.CallId] = id;
        var problem = new ApiProblem
        {
            Type = Problems.TypeOf(error), Title = error, Status = status, Detail = detail, Error = error, Blame = status >= 500 ? "platform" : "caller", InvocationId = id,
        };
        var body = Prepare(response, problem, InvocationError.None, null);
        if (retryAfterSeconds > 0)
        {
            response.Headers.RetryAfter = retryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        return SendAsync(http, body, http.RequestAborted);
    }

    private static ArrayBufferWriter<byte> Prepare(HttpResponse response, ApiProblem problem, InvocationError error, LiveInvocation? invocation)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body, Readable))
        {
            Write(json, problem, invocation?.Failure);
        }

        response.StatusCode = problem.Status;
        response.ContentType = Problems.MediaType;
        response.ContentLength = body.WrittenCount;
        response.Headers[Problems.ErrorHeader] = problem.Error;
        if (InvocationErrors.Of(error).Retryable)
        {
            response.Headers.RetryAfter = Math.Max(1, invocation?.RetryAfterSeconds ?? 1).ToString(CultureInfo.InvariantCulture);
        }

        return body;
    }

    private static async ValueTask SendAsync(HttpContext http, ArrayBufferWriter<byte> body, CancellationToken cancellationToken)
    {
        if (HttpMethods.IsHead(http.Request.Method))
        {
            return;
        }

        try
        {
            await http.Response.Body.WriteAsync(body.WrittenMemory, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The caller went away before the error reached it.
        }
    }

    private static void Write(Utf8JsonWriter json, ApiProblem problem, FailureMessage? failure)
    {
        json.WriteStartObject();
        json.WriteString("type", problem.Type);
        json.WriteString("title", problem.Title);
        json.WriteNumber("status", problem.Status);
        json.WriteString("detail", problem.Detail);
        json.WriteString("error", problem.Error);
        if (problem.Blame is not null)
        {
            json.WriteString("blame", problem.Blame);
        }

        if (problem.InvocationId is not null)
        {
            json.WriteString("invocationId", problem.InvocationId);
        }

        if (failure is not null)
        {
            json.WriteStartObject("exception");
            json.WriteString("type", failure.ErrorType);
            json.WriteString("message", failure.Message);
            json.WriteStartArray("trace");
            foreach (var frame in failure.Trace)
            {
                json.WriteStringValue(frame);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
