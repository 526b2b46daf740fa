using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.EndToEnd.Tests.Running;

/// <summary>The management API as anybody with curl sees it; on purpose not through the product's own client.</summary>
internal sealed class ManagementApi : IDisposable
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    public ManagementApi(Uri address, string? key)
    {
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromMinutes(3),
        };
        if (key is not null)
        {
            Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
    }

    public HttpClient Http { get; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Uploads the bundle, deploys, and fails the test when that is refused.</summary>
    public async Task<DeployResult> DeployAsync(FunctionSpec spec, Bundle? bundle)
    {
        var (result, problem) = await TryDeployAsync(spec, bundle);
        Assert.True(result is not null, $"{spec.Name} was refused: {problem}\n{string.Join('\n', [.. problem?.Diagnostics ?? [], .. problem?.Logs ?? []])}");
        return result;
    }

    public async Task<(DeployResult? Result, ApiProblem? Problem)> TryDeployAsync(FunctionSpec spec, Bundle? bundle)
    {
        if (bundle is not null)
        {
            using var uploaded = await UploadAsync(bundle.Digest, bundle.Bytes);
            if (!uploaded.IsSuccessStatusCode)
            {
                return (null, await ProblemAsync(uploaded));
            }
        }

        using var response = await PutAsync(spec with { CodeDigest = bundle?.Digest ?? spec.CodeDigest });
        return response.IsSuccessStatusCode
            ? (await response.Content.ReadFromJsonAsync<DeployResult>(Json, Stop), null)
            : (null, await ProblemAsync(response));
    }

    public Task<HttpResponseMessage> PutAsync(FunctionSpec spec) =>
        Http.PutAsync($"/v1/functions/{Uri.EscapeDataString(spec.Name)}", JsonContent.Create(spec, options: Json), Stop);

    public async Task<HttpResponseMessage> UploadAsync(string digest, byte[] bytes)
    {
        using var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/gzip");
        return await Http.PutAsync($"/v1/bundles/{digest}", content, Stop);
    }

    public async Task<PlatformDescription> PlatformAsync() => (await Http.GetFromJsonAsync<PlatformDescription>("/v1/platform", Json, Stop))!;

    public async Task<IReadOnlyList<FunctionSummary>> ListAsync() => (await Http.GetFromJsonAsync<FunctionSummary[]>("/v1/functions", Json, Stop))!;

    public async Task<FunctionDescription> DescribeAsync(string name) => (await Http.GetFromJsonAsync<FunctionDescription>($"/v1/functions/{name}", Json, Stop))!;

    public Task<HttpResponseMessage> DeleteAsync(string name) => Http.DeleteAsync($"/v1/functions/{name}", Stop);

    public Task<HttpResponseMessage> InvokeAsync(string name, string json) =>
        Http.PostAsync($"/v1/functions/{name}/invocations", new StringContent(json, Encoding.UTF8, "application/json"), Stop);

    public async Task<IReadOnlyList<UsageRecord>> InvocationsAsync(string query) =>
        (await Http.GetFromJsonAsync<UsageRecord[]>($"/v1/invocations?{query}", Json, Stop))!;

    public async Task<IReadOnlyList<LogLine>> LogsAsync(string name, string query)
    {
        var text = await Http.GetStringAsync($"/v1/functions/{name}/logs?{query}", Stop);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<LogLine>(line, Json)!)];
    }

    /// <summary>The problem of an error answer. The media type is part of the contract.</summary>
    public static async Task<ApiProblem> ProblemAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(
            response.Content.Headers.ContentType?.MediaType == Problems.MediaType,
            $"{(int)response.StatusCode} with content type '{response.Content.Headers.ContentType}' instead of a problem: {text}");
        var problem = JsonSerializer.Deserialize<ApiProblem>(text, Json)!;
        Assert.Equal((int)response.StatusCode, problem.Status);
        Assert.Equal(Problems.TypeOf(problem.Error), problem.Type);
        Assert.NotEmpty(problem.Detail);
        return problem;
    }

    /// <summary>Waits until the function has exactly this many instances.</summary>
    public Task InstancesAsync(string name, int count) =>
        Eventually.HoldsAsync($"{count} instances of {name}", async () => (await DescribeAsync(name)).Summary.Instances == count);

    public void Dispose() => Http.Dispose();
}
