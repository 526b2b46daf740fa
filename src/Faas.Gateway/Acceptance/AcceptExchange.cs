using System.Buffers;
using System.Globalization;
using Faas.Contracts.Invocations;
using Faas.Gateway.Invocation;
using Faas.Gateway.Uplink;
using Faas.Link;
using Google.Protobuf;

namespace Faas.Gateway.Acceptance;

/// <summary>Takes a caller's event to the controller, and the controller's answer to the caller.</summary>
internal sealed class AcceptExchange(AcceptUplink uplink, GatewayIdentity identity, TimeProvider clock)
{
    /// <summary>Longest body of an event: 1 MiB, as AWS Lambda's asynchronous invocations. What is larger belongs into a store, and its address into the event.</summary>
    public const int BodyBytesMax = 1024 * 1024;

    /// <summary>How long a caller waits for the store. A controller that is restarted is back within a few seconds.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(20);

    private long _nonces;

    /// <summary>A new request's name, which no other of any gateway has.</summary>
    public string NewNonce() => $"{identity.Boot}-{Interlocked.Increment(ref _nonces).ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Sends a request with the caller's body, and answers.</summary>
    /// <param name="http">The caller.</param>
    /// <param name="request">What is asked for, without its body.</param>
    /// <param name="bodyBytesMax">The function's own limit.</param>
    /// <param name="advice">What a caller can do when nobody knows whether the event was accepted.</param>
    public async Task RunAsync(HttpContext http, AcceptRequest request, long bodyBytesMax, string advice)
    {
        if (await ReadBodyAsync(http, (int)Math.Min(BodyBytesMax, bodyBytesMax)) is not { } body)
        {
            var detail = $"an asynchronous invocation's body exceeds the limit of {BodyBytesMax} bytes; send less, or a reference to where it is";
            await ProblemWriter.WriteAsync(http, request.Id, InvocationError.TooLarge, detail, null, http.RequestAborted);
            return;
        }

        request.Body = body;
        if (uplink.TryBegin(request) is not { } pending)
        {
            await ProblemWriter.WriteAsync(http, request.Id, InvocationError.Throttled, "more events are on their way than the store takes; try again", null, http.RequestAborted);
            return;
        }

        try
        {
            var reply = request.IsAwaited ? await pending.Reply.WaitAsync(http.RequestAborted) : await pending.Reply.WaitAsync(AnswerWithin, clock, http.RequestAborted);
            await AcceptAnswer.WriteAsync(http, reply, request.Id);
        }
        catch (TimeoutException)
        {
            var detail = $"the controller does not answer, so nobody knows whether the event was accepted; {advice}";
            await ProblemWriter.WriteAsync(http, request.Id, InvocationError.Unavailable, detail, null, http.RequestAborted);
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
}
