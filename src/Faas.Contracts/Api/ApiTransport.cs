using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Faas.Contracts.Invocations;

namespace Faas.Contracts.Api;

/// <summary>Sends requests to the management API and reads what it answers: the part that all typed clients share.</summary>
internal sealed class ApiTransport(HttpClient http) : IDisposable
{
    /// <summary>The address that requests go to.</summary>
    public Uri Address => http.BaseAddress!;

    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Get, path, null, type, cancellationToken);

    /// <summary>Sends a request and reads its answer, which must be a success.</summary>
    public async Task<T> AskAsync<T>(HttpMethod method, string path, HttpContent? content, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, content, HttpCompletionOption.ResponseContentRead, cancellationToken);
        return await ReadAsync(response, type, cancellationToken);
    }

    /// <summary>Sends a request whose answer says nothing but that it succeeded.</summary>
    public async Task TellAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, content, HttpCompletionOption.ResponseContentRead, cancellationToken);
        await ThrowUnlessSuccessAsync(response, cancellationToken);
    }

    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, HttpCompletionOption completion, CancellationToken cancellationToken) =>
        SendAsync(method, path, content, [], completion, cancellationToken);

    /// <summary>The answer, whatever its status is.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, IReadOnlyList<HeaderField> headers, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var header in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(header.Name, header.Value) && content is not null)
            {
                content.Headers.Remove(header.Name);   // what is said last holds
                content.Headers.TryAddWithoutValidation(header.Name, header.Value);
            }
        }

        try
        {
            return await http.SendAsync(request, completion, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new FaasUnreachableException(Address, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FaasUnreachableException(Address, e.InnerException ?? e);   // the connect timeout
        }
    }

    /// <summary>The next line of a stream of them; null at its end.</summary>
    public async Task<string?> ReadLineAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new FaasUnreachableException(Address, e);
        }
    }

    public static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await ThrowUnlessSuccessAsync(response, cancellationToken);
        return Parse(await response.Content.ReadAsStringAsync(cancellationToken), type);
    }

    public static T Parse<T>(string json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new FaasApiException(HttpStatusCode.OK, new ApiProblem
            {
                Title = "Unexpected answer",
                Error = "UnexpectedAnswer",
                Detail = $"The platform's answer is not a {typeof(T).Name} ({e.Message}). Is the address that of a faas management API, in this version?",
            });
        }
    }

    public static async Task ThrowUnlessSuccessAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw new FaasApiException(response.StatusCode, await FaasClient.ReadProblemAsync(response, cancellationToken));
        }
    }

    public void Dispose() => http.Dispose();
}
