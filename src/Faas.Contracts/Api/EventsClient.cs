using System.Globalization;
using System.Text.Json;
using Faas.Contracts.Invocations;

namespace Faas.Contracts.Api;

/// <summary>The part of the management API that is about accepted events; reached by <see cref="FaasClient.Events"/>, with its exceptions. Safe for concurrent use.</summary>
public sealed class EventsClient
{
    private readonly ApiTransport _transport;

    internal EventsClient(ApiTransport transport) => _transport = transport;

    /// <summary>An invocation as it stands; with <paramref name="wait"/> (0 s to 60 s, whole seconds) once it has ended, or as it stands after that time.</summary>
    public Task<InvocationDescription> DescribeAsync(string id, TimeSpan wait, CancellationToken cancellationToken)
    {
        var query = wait > TimeSpan.Zero ? "?wait=" + Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture) : "";
        return _transport.GetAsync(InvocationPath(id) + query, FaasJson.Default.InvocationDescription, cancellationToken);
    }

    /// <summary>Reads the answer to an asynchronous invocation, which was accepted with status 202.</summary>
    public static Task<AcceptedInvocation> ReadAcceptedAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        ApiTransport.ReadAsync(response, FaasJson.Default.AcceptedInvocation, cancellationToken);

    /// <summary>The result of an asynchronous invocation that has ended, as soon as its head has arrived. The status is 200 whatever the function's was.</summary>
    public async Task<HttpResponseMessage> GetResultAsync(string id, CancellationToken cancellationToken)
    {
        var response = await _transport.SendAsync(HttpMethod.Get, InvocationPath(id) + "/result", null, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        try
        {
            await ApiTransport.ThrowUnlessSuccessAsync(response, cancellationToken);
        }
        catch
        {
            response.Dispose();
            throw;
        }

        return response;
    }

    /// <summary>Cancels an asynchronous invocation. One that has ended is a problem with status 409.</summary>
    public Task CancelAsync(string id, CancellationToken cancellationToken) =>
        _transport.TellAsync(HttpMethod.Post, InvocationPath(id) + "/cancel", null, cancellationToken);

    /// <summary>What waits, for each function that something waits for, by name.</summary>
    public async Task<IReadOnlyList<QueueSummary>> ListQueueAsync(CancellationToken cancellationToken) =>
        await _transport.GetAsync("/v1/queue", FaasJson.Default.QueueSummaryArray, cancellationToken);

    /// <summary>Events of one state, in the order of their acceptance.</summary>
    /// <param name="state"><see cref="InvocationState.Queued"/>, <see cref="InvocationState.Running"/> or <see cref="InvocationState.DeadLettered"/>.</param>
    /// <param name="function">Only this function's; null for all.</param>
    /// <param name="limit">At most this many, 1 to 1,000.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<InvocationDescription>> ListAsync(InvocationState state, string? function, int limit, CancellationToken cancellationToken)
    {
        var path = $"/v1/queue/entries?state={JsonNamingPolicy.CamelCase.ConvertName(state.ToString())}&limit={limit}";
        path += function is null ? "" : "&function=" + Uri.EscapeDataString(function);
        return await _transport.GetAsync(path, FaasJson.Default.InvocationDescriptionArray, cancellationToken);
    }

    /// <summary>The body that a dead letter's function was given.</summary>
    public async Task<byte[]> GetDeadLetterBodyAsync(string id, CancellationToken cancellationToken)
    {
        var path = $"/v1/dead-letters/{Uri.EscapeDataString(id)}/body";
        using var response = await _transport.SendAsync(HttpMethod.Get, path, null, HttpCompletionOption.ResponseContentRead, cancellationToken);
        await ApiTransport.ThrowUnlessSuccessAsync(response, cancellationToken);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    /// <summary>Queues dead letters again. Returns how many.</summary>
    /// <param name="id">Only this one; null for all.</param>
    /// <param name="function">Only this function's; null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<int> RedriveAsync(string? id, string? function, CancellationToken cancellationToken) =>
        (await _transport.AskAsync(HttpMethod.Post, "/v1/dead-letters/redrive" + Choice(id, function), null, FaasJson.Default.EventCount, cancellationToken)).Count;

    /// <summary>Removes dead letters for good. Returns how many.</summary>
    /// <param name="id">Only this one; null for all.</param>
    /// <param name="function">Only this function's; null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<int> PurgeAsync(string? id, string? function, CancellationToken cancellationToken) =>
        (await _transport.AskAsync(HttpMethod.Delete, "/v1/dead-letters" + Choice(id, function), null, FaasJson.Default.EventCount, cancellationToken)).Count;

    /// <summary>Publishes an event on a built-in topic; returns once it is durable for every subscriber.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="content">The event: anything, or a CloudEvent in structured mode, or the data of one whose attributes are headers.</param>
    /// <param name="headers">More headers; their content headers replace those of <paramref name="content"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<PublishResult> PublishAsync(string topic, HttpContent content, IReadOnlyList<HeaderField> headers, CancellationToken cancellationToken)
    {
        var path = "/v1/topics/" + Uri.EscapeDataString(topic);
        using var response = await _transport.SendAsync(HttpMethod.Post, path, content, headers, HttpCompletionOption.ResponseContentRead, cancellationToken);
        return await ApiTransport.ReadAsync(response, FaasJson.Default.PublishResult, cancellationToken);
    }

    private static string InvocationPath(string id) => "/v1/invocations/" + Uri.EscapeDataString(id);

    private static string Choice(string? id, string? function) =>
        id is not null ? "?id=" + Uri.EscapeDataString(id)
        : function is not null ? "?function=" + Uri.EscapeDataString(function)
        : "";
}
