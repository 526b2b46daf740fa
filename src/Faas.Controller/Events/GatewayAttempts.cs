using System.Globalization;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Controller.Link;
using Faas.Events;
using Faas.Storage;

namespace Faas.Controller.Events;

/// <summary>Runs attempts through the gateway, like any other invocation.</summary>
internal sealed class GatewayAttempts(
    GatewaySocket gateway, AttemptPricing pricing, AnswerFiles files, EventsOptions options, IHostApplicationLifetime lifetime, TimeProvider time) : IAttemptTransport
{
    /// <summary>How long an attempt waits for a gateway that is being restarted, which takes a second.</summary>
    private static readonly TimeSpan ReachWithin = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMilliseconds(500);

    private static readonly string[] NotKept = ["Date", "Transfer-Encoding", "Connection", "Server-Timing", "X-Call-Id", AttemptHeaders.Status, AttemptHeaders.Usage];

    /// <inheritdoc/>
    public async Task<AttemptResult> RunAsync(Claim claim, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        for (var pause = PauseMin; ; pause = pause * 2 < PauseMax ? pause * 2 : PauseMax)
        {
            using var request = RequestOf(claim);
            try
            {
                using var response = await gateway.Client.SendAsync(request, ct);
                return await ReadAsync(claim, response, ct);
            }
            catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConnectionError)
            {
                // When the platform stops, its gateway has ended first, and none will come.
                if (time.GetElapsedTime(began) > ReachWithin || lifetime.ApplicationStopping.IsCancellationRequested)
                {
                    return new AttemptResult { Progress = AttemptProgress.NotStarted, Error = InvocationError.Unavailable, Detail = "the gateway does not answer" };
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                return new AttemptResult
                {
                    Progress = AttemptProgress.Cut, Error = InvocationError.Unavailable, Detail = "cut off: the gateway ended before it knew how the run went",
                };
            }

            await Task.Delay(pause, time, ct);
        }
    }

    private static HttpRequestMessage RequestOf(Claim claim)
    {
        var entry = claim.Entry;
        var query = entry.Request.Query.Length > 0 ? "?" + entry.Request.Query : "";
        var address = new Uri($"http://gateway/attempts/{entry.Function}{entry.Request.Path}{query}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ReadOnlyMemoryContent(claim.Body) };
        foreach (var (name, value) in entry.Request.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        request.Headers.TryAddWithoutValidation(AttemptHeaders.Method, entry.Request.Method);
        request.Headers.TryAddWithoutValidation("X-Call-Id", entry.Id);
        request.Headers.TryAddWithoutValidation(AttemptHeaders.Attempt, claim.Attempt.ToString(CultureInfo.InvariantCulture));
        if (entry.Request.IsEvent)
        {
            request.Headers.TryAddWithoutValidation(AttemptHeaders.Kind, AttemptHeaders.EventKind);
        }

        return request;
    }

    private async Task<AttemptResult> ReadAsync(Claim claim, HttpResponseMessage response, CancellationToken ct)
    {
        await using var body = new AnswerBody(files, claim.Key, options.ResultBytesMax);
        var hasUsage = response.Headers.Contains(AttemptHeaders.Usage);
        var record = await body.ReadAsync(await response.Content.ReadAsStreamAsync(ct), hasUsage, ct);
        var usage = pricing.Price(record.Span);
        var error = ErrorOf(response);
        if (usage is null && (hasUsage || error == InvocationError.None))
        {
            throw new IOException("the gateway's answer has no end");   // it was killed before its last bytes
        }

        // It never reached an instance, and may later: no attempt of the function's. What will never reach one has ended.
        var isRefused = error != InvocationError.None && usage is not { Instance.Length: > 0 } && error is InvocationError.QueueFull or InvocationError.Throttled or InvocationError.Unavailable or InvocationError.BudgetExceeded;
        var status = StatusOf(response);
        return new AttemptResult
        {
            Progress = isRefused ? AttemptProgress.NotStarted : error == InvocationError.CallerGone ? AttemptProgress.Cut : AttemptProgress.Ended,
            Error = error,
            Status = status,
            Detail = error == InvocationError.None ? null : DetailOf(body.Memory.Span),
            Usage = usage,
            Answer = isRefused ? null : new StoredAnswer(status, HeadersOf(response), body.Memory.ToArray(), body.Length, body.Keep()),
            RetryAfter = response.Headers.RetryAfter?.Delta,
        };
    }

    private static InvocationError ErrorOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(Problems.ErrorHeader, out var kinds) && Enum.TryParse<InvocationError>(kinds.First(), out var error) ? error : InvocationError.None;

    private static int StatusOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(AttemptHeaders.Status, out var values) && int.TryParse(values.First(), CultureInfo.InvariantCulture, out var status) ? status : (int)response.StatusCode;

    private static string? DetailOf(ReadOnlySpan<byte> problem)
    {
        try
        {
            return System.Text.Json.JsonSerializer.Deserialize(problem, FaasJson.Default.ApiProblem)?.Detail;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static List<HeaderField> HeadersOf(HttpResponseMessage response)
    {
        var kept = new List<HeaderField>();
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            if (!NotKept.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                foreach (var value in values)
                {
                    kept.Add(new HeaderField(name, value));
                }
            }
        }

        return kept;
    }
}
