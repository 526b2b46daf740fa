using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Contracts.Api;

/// <summary>
/// The management API, typed. Every method throws <see cref="FaasApiException"/> when the API answers with a problem, and
/// <see cref="FaasUnreachableException"/> when nothing answers. Safe for concurrent use.
/// </summary>
public sealed class FaasClient : IDisposable
{
    /// <summary>Longest wait for a TCP connection: a platform that is there accepts at once, even across a continent.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly ApiTransport _transport;

    /// <summary>A client for the management API at <paramref name="adminUrl"/>, authorized by <paramref name="key"/> unless it is null.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The HttpClient owns the handler.")]
    public FaasClient(Uri adminUrl, string? key)
        : this(new HttpClient(CreateHandler(adminUrl), disposeHandler: true), adminUrl, key)
    {
    }

    /// <summary>A client over <paramref name="http"/>, which it takes over; for tests and for callers with transports of their own.</summary>
    public FaasClient(HttpClient http, Uri adminUrl, string? key)
    {
        http.BaseAddress = new Uri(adminUrl.GetLeftPart(UriPartial.Authority));
        http.Timeout = Timeout.InfiniteTimeSpan;   // deploys compile and logs are followed; callers cancel
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("faas-client", "1"));
        if (key is not null)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        _transport = new ApiTransport(http);
        Events = new EventsClient(_transport);
        Triggers = new TriggersClient(_transport);
        Secrets = new SecretsClient(_transport);
        Costs = new CostsClient(_transport);
        Budgets = new BudgetsClient(_transport);
    }

    /// <summary>The address that requests go to.</summary>
    public Uri AdminUrl => _transport.Address;

    /// <summary>What is done with accepted events: asynchronous invocations, the queue, dead letters, topics.</summary>
    public EventsClient Events { get; }

    /// <summary>What invokes functions besides their callers: schedules, topics.</summary>
    public TriggersClient Triggers { get; }

    /// <summary>What specs name instead of holding it.</summary>
    public SecretsClient Secrets { get; }

    /// <summary>What invocations may cost.</summary>
    public BudgetsClient Budgets { get; }

    /// <summary>What invocations cost.</summary>
    public CostsClient Costs { get; }

    /// <summary>The platform as a whole.</summary>
    public Task<PlatformDescription> GetPlatformAsync(CancellationToken cancellationToken) =>
        _transport.GetAsync("/v1/platform", FaasJson.Default.PlatformDescription, cancellationToken);

    /// <summary>What the machine carries at this moment.</summary>
    public Task<PlatformLoad> GetLoadAsync(CancellationToken cancellationToken) => _transport.GetAsync("/v1/load", FaasJson.Default.PlatformLoad, cancellationToken);

    /// <summary>Whether the platform has the bundle already, so that it need not be uploaded.</summary>
    public async Task<bool> HasBundleAsync(string digest, CancellationToken cancellationToken)
    {
        using var response = await _transport.SendAsync(HttpMethod.Head, "/v1/bundles/" + digest, null, HttpCompletionOption.ResponseContentRead, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }

        await ApiTransport.ThrowUnlessSuccessAsync(response, cancellationToken);
        return true;
    }

    /// <summary>Uploads a bundle: a gzipped tar whose SHA-256 is <paramref name="digest"/>.</summary>
    public async Task UploadBundleAsync(string digest, Stream bundle, CancellationToken cancellationToken)
    {
        using var content = new StreamContent(bundle);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/gzip");
        await _transport.TellAsync(HttpMethod.Put, "/v1/bundles/" + digest, content, cancellationToken);
    }

    /// <summary>What deploying <paramref name="spec"/> would change. Changes nothing.</summary>
    public async Task<DeployPlan> PlanAsync(FunctionSpec spec, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(spec, FaasJson.Default.FunctionSpec);
        return await _transport.AskAsync(HttpMethod.Post, FunctionPath(spec.Name) + "/plan", content, FaasJson.Default.DeployPlan, cancellationToken);
    }

    /// <summary>Deploys <paramref name="spec"/> and waits until its revision has started once.</summary>
    public async Task<DeployResult> DeployAsync(FunctionSpec spec, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(spec, FaasJson.Default.FunctionSpec);
        return await _transport.AskAsync(HttpMethod.Put, FunctionPath(spec.Name), content, FaasJson.Default.DeployResult, cancellationToken);
    }

    /// <summary>All functions, in the platform's order.</summary>
    public async Task<IReadOnlyList<FunctionSummary>> ListFunctionsAsync(CancellationToken cancellationToken) =>
        await _transport.GetAsync("/v1/functions", FaasJson.Default.FunctionSummaryArray, cancellationToken);

    /// <summary>One function with its spec, instances and totals.</summary>
    public Task<FunctionDescription> DescribeFunctionAsync(string name, CancellationToken cancellationToken) =>
        _transport.GetAsync(FunctionPath(name), FaasJson.Default.FunctionDescription, cancellationToken);

    /// <summary>Takes a function away. Its running invocations end first.</summary>
    public Task DeleteFunctionAsync(string name, CancellationToken cancellationToken) =>
        _transport.TellAsync(HttpMethod.Delete, FunctionPath(name), null, cancellationToken);

    /// <summary>
    /// Invokes a function with a raw JSON event. The answer is returned whatever its status is, as soon as its head has arrived;
    /// a problem has media type <see cref="Problems.MediaType"/> and header <see cref="Problems.ErrorHeader"/>.
    /// </summary>
    public Task<HttpResponseMessage> InvokeAsync(string name, HttpContent jsonEvent, CancellationToken cancellationToken) =>
        InvokeAsync(name, jsonEvent, [], cancellationToken);

    /// <summary>The same with more headers, of which the platform passes on those of <see cref="AttemptHeaders"/>: an asynchronous invocation is answered 202 with <see cref="AcceptedInvocation"/>.</summary>
    public Task<HttpResponseMessage> InvokeAsync(string name, HttpContent jsonEvent, IReadOnlyList<HeaderField> headers, CancellationToken cancellationToken) =>
        _transport.SendAsync(HttpMethod.Post, FunctionPath(name) + "/invocations", jsonEvent, headers, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    /// <summary>Log lines, oldest first; without end when <see cref="LogQuery.Follow"/> is set.</summary>
    public async IAsyncEnumerable<LogLine> ReadLogsAsync(string name, LogQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var path = $"{FunctionPath(name)}/logs{query.ToQueryString()}";
        using var response = await _transport.SendAsync(HttpMethod.Get, path, null, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await ApiTransport.ThrowUnlessSuccessAsync(response, cancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await _transport.ReadLineAsync(reader, cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                yield return ApiTransport.Parse(line, FaasJson.Default.LogLine);
            }
        }
    }

    /// <summary>Usage records, newest first.</summary>
    /// <param name="function">Only this function's; null for all.</param>
    /// <param name="invocationId">Only this invocation's; null for all.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<UsageRecord>> ListInvocationsAsync(
        string? function, string? invocationId, int limit, CancellationToken cancellationToken)
    {
        var path = $"/v1/invocations?limit={limit}";
        path += function is null ? "" : "&function=" + Uri.EscapeDataString(function);
        path += invocationId is null ? "" : "&id=" + Uri.EscapeDataString(invocationId);
        return await _transport.GetAsync(path, FaasJson.Default.UsageRecordArray, cancellationToken);
    }

    /// <summary>Reads the problem that <paramref name="response"/> carries, or makes one up from its status code.</summary>
    public static async Task<ApiProblem> ReadProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            if (response.Content.Headers.ContentType?.MediaType is Problems.MediaType or "application/json"
                && await response.Content.ReadFromJsonAsync(FaasJson.Default.ApiProblem, cancellationToken) is { } problem)
            {
                return problem.Status == 0 ? problem with { Status = (int)response.StatusCode } : problem;
            }
        }
        catch (JsonException)
        {
            // An answer that is no problem document, from a proxy for instance: its status code is all there is to say.
        }

        return new ApiProblem
        {
            Title = response.ReasonPhrase ?? response.StatusCode.ToString(),
            Status = (int)response.StatusCode,
            Error = response.StatusCode.ToString(),
            Detail = $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.AbsolutePath} was answered with status {(int)response.StatusCode}.",
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();

    private static SocketsHttpHandler CreateHandler(Uri adminUrl) => new()
    {
        ConnectTimeout = ConnectTimeout,
        AllowAutoRedirect = false,   // the key goes to the address the user named and nowhere else
        UseProxy = !adminUrl.IsLoopback,
    };

    private static string FunctionPath(string name) => "/v1/functions/" + Uri.EscapeDataString(name);
}
