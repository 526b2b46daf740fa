using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Gateway.Forwarding;
using Faas.Gateway.Invocation;
using Faas.Gateway.Routing;
using Faas.Gateway.Uplink;
using Faas.Link;
using Google.Protobuf;
using Faas.WorkerProtocol;
using Microsoft.Net.Http.Headers;

namespace Faas.Gateway.Acceptance;

/// <summary>
/// Where asynchronous invocations enter: <c>/async-function/{name}</c>, <c>X-Faas-Invocation: async</c>, and any request with an <c>Idempotency-Key</c>, whose caller waits for the
/// result. Answers 202 once the event is durable.
/// </summary>
internal sealed class AcceptEntrance(AcceptUplink uplink, GatewayIdentity identity, TimeProvider clock)
{
    /// <summary>What asynchronous invocations' paths begin with.</summary>
    public const string Prefix = "/async-function/";

    /// <summary>Longest body of an event: 1 MiB, as AWS Lambda's asynchronous invocations. What is larger belongs into a store, and its address into the event.</summary>
    public const int BodyBytesMax = 1024 * 1024;

    private const int KeyLengthMax = 255;

    /// <summary>How long a caller waits for the store. A controller that is restarted is back within a few seconds.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(20);

    private long _nonces;

    /// <summary>Whether a request is to be queued that does not say so by its path.</summary>
    public static bool Wants(HttpRequest request) => IsAsynchronous(request) || request.Headers.ContainsKey(AttemptHeaders.Key);

    /// <summary>Queues a request. <paramref name="isAwaited"/>: its caller waits for the result.</summary>
    public async Task HandleAsync(HttpContext http, FunctionRoute route, InvocationCall call, bool isAwaited)
    {
        if (Read(http, route, call, isAwaited, out var refusal) is not { } request)
        {
            await ProblemWriter.WriteAsync(http, call.Id, InvocationError.BadRequest, refusal, null, http.RequestAborted);
            return;
        }

        if (await ReadBodyAsync(http, (int)Math.Min(BodyBytesMax, route.BodyBytesMax)) is not { } body)
        {
            var detail = $"an asynchronous invocation's body exceeds the limit of {BodyBytesMax} bytes; send less, or a reference to where it is";
            await ProblemWriter.WriteAsync(http, call.Id, InvocationError.TooLarge, detail, null, http.RequestAborted);
            return;
        }

        request.Body = body;
        if (uplink.TryBegin(request) is not { } pending)
        {
            await ProblemWriter.WriteAsync(http, call.Id, InvocationError.Throttled, "more events are on their way than the store takes; try again", null, http.RequestAborted);
            return;
        }

        try
        {
            var reply = isAwaited ? await pending.Reply.WaitAsync(http.RequestAborted) : await pending.Reply.WaitAsync(AnswerWithin, clock, http.RequestAborted);
            await AnswerAsync(http, reply, call.Id);
        }
        catch (TimeoutException)
        {
            const string Detail = "the controller does not answer, so nobody knows whether the event was accepted; send it again with an Idempotency-Key, which makes both one event";
            await ProblemWriter.WriteAsync(http, call.Id, InvocationError.Unavailable, Detail, null, http.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The caller went away. The event is accepted all the same, if it gets there.
        }
        finally
        {
            uplink.Forget(pending);
        }
    }

    /// <summary>Whether the request says that it is to be queued.</summary>
    public static bool IsAsynchronous(HttpRequest request) =>
        request.Headers[AttemptHeaders.Invocation] is [{ } value] && value.Equals(AttemptHeaders.Asynchronous, StringComparison.OrdinalIgnoreCase);

    private AcceptRequest? Read(HttpContext http, FunctionRoute route, InvocationCall call, bool isAwaited, out string refusal)
    {
        var headers = http.Request.Headers;
        refusal = "";
        var delay = TimeSpan.Zero;
        if (headers[AttemptHeaders.Delay] is [{ } text, ..] && !DelayText.TryParse(text, out delay))
        {
            refusal = "X-Faas-Delay must be a time like 30s, 5m, 2h or 500ms";
            return null;
        }

        if (call.Id.Contains('/', StringComparison.Ordinal))
        {
            refusal = "the X-Call-Id of a queued invocation is part of its address, so it must not have a slash";
            return null;
        }

        var key = headers[AttemptHeaders.Key].ToString();
        if (headers.ContainsKey(AttemptHeaders.Key) && (key.Length is 0 or > KeyLengthMax || key.AsSpan().ContainsAnyExceptInRange('!', '~')))
        {
            refusal = $"Idempotency-Key must be 1 to {KeyLengthMax} visible ASCII characters";
            return null;
        }

        var request = new AcceptRequest
        {
            Function = route.Function,
            Id = call.Id,
            Nonce = $"{identity.Boot}-{Interlocked.Increment(ref _nonces).ToString(CultureInfo.InvariantCulture)}",
            IsEvent = call.Kind == RequestKind.Event,
            Method = http.Request.Method,
            Path = call.Path,
            Query = call.Query,
            DelayMs = (long)delay.TotalMilliseconds,
            Key = key,
            CallbackUrl = headers[AttemptHeaders.Callback].ToString(),
            IsAwaited = isAwaited,
        };
        AddHeaders(request, http);
        return request;
    }

    /// <summary>The headers that the function will see, as they would be now: who called is not known later.</summary>
    private static void AddHeaders(AcceptRequest request, HttpContext http)
    {
        var source = http.Request;
        var hasOptions = HeaderRules.HasConnectionOptions(source);
        foreach (var (name, values) in source.Headers)
        {
            if (!HeaderRules.ReachesFunction(name) || ForwardedHeaders.IsReplaced(name) || IsOurs(name) || (hasOptions && HeaderRules.IsNamedByConnection(source, name)))
            {
                continue;
            }

            foreach (var value in values)
            {
                request.Headers.Add(new HeaderPair { Name = name, Value = value ?? "" });
            }
        }

        request.Headers.Add(new HeaderPair { Name = "X-Forwarded-For", Value = ForwardedHeaders.For(source, WorkerRequestFrames.AddressText(http.Connection.RemoteIpAddress)) });
        request.Headers.Add(new HeaderPair { Name = "X-Forwarded-Proto", Value = ForwardedHeaders.Proto(source) });
        request.Headers.Add(new HeaderPair { Name = "X-Forwarded-Host", Value = ForwardedHeaders.Host(source) });
    }

    private static bool IsOurs(string name) =>
        name.Equals(AttemptHeaders.Invocation, StringComparison.OrdinalIgnoreCase) || name.Equals(AttemptHeaders.Delay, StringComparison.OrdinalIgnoreCase)
        || name.Equals(AttemptHeaders.Callback, StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Faas-", StringComparison.OrdinalIgnoreCase);

    /// <summary>The whole body; null when it is too long.</summary>
    private static async ValueTask<ByteString?> ReadBodyAsync(HttpContext http, int bytesMax)
    {
        if (http.Request.ContentLength > bytesMax)
        {
            return null;
        }

        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            if (read.Buffer.Length > bytesMax)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var body = UnsafeByteOperations.UnsafeWrap(read.Buffer.ToArray());   // nobody else has the array
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static async Task AnswerAsync(HttpContext http, AcceptReply reply, string id)
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
