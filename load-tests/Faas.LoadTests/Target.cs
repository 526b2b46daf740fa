using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Hosting;

namespace Faas.LoadTests;

/// <summary>The running platform that is measured: its management API, and where callers go.</summary>
internal sealed class Target : IDisposable
{
    public static readonly IReadOnlyList<string> HandlerRuntimes = [Runtimes.DotNet, Runtimes.Node, Runtimes.Python];

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PollLimit = TimeSpan.FromMinutes(2);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    private readonly HttpClient _admin;
    private readonly Dictionary<string, int> _stemsMost = [];

    private Target(DataFolder folder, PlatformEndpoints endpoints, string key)
    {
        Folder = folder;
        Up = endpoints.Pid;
        Callers = IPEndPoint.Parse(new Uri(endpoints.PublicUrl).Authority);
        _admin = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(endpoints.AdminUrl), Timeout = TimeSpan.FromMinutes(3) };
        _admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public DataFolder Folder { get; }

    /// <summary>Process id of <c>faas up</c>.</summary>
    public int Up { get; }

    /// <summary>Where callers connect.</summary>
    public IPEndPoint Callers { get; }

    public static Target Open(string data)
    {
        var folder = new DataFolder(data);
        var endpoints = JsonSerializer.Deserialize<PlatformEndpoints>(File.ReadAllText(folder.EndpointsFile), Json)!;
        return new Target(folder, endpoints, File.ReadAllText(folder.AdminKeyFile).Trim());
    }

    /// <summary>The hello function of a runtime: what every measurement calls.</summary>
    public static FunctionSpec Hello(string name, string runtime) => new()
    {
        Name = name,
        Runtime = runtime,
        Handler = runtime switch { Runtimes.Python => "hello.handler", Runtimes.Node => "hello.handler", _ => null },
        Network = NetworkKind.None,
        KeepAlive = TimeSpan.FromSeconds(1),
    };

    /// <summary>Uploads the hello function's code, once for all functions of the runtime.</summary>
    public Task<string> UploadHelloAsync(string runtime, CancellationToken cancellationToken) =>
        UploadAsync(runtime switch { Runtimes.Python => "hello.py", Runtimes.Node => "hello.js", _ => "Hello.cs" }, cancellationToken);

    /// <summary>Uploads one file as code; returns its digest. Its path is relative to <c>load-tests/functions</c>.</summary>
    public async Task<string> UploadAsync(string file, CancellationToken cancellationToken)
    {
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        await using (var tar = new TarWriter(gzip))
        {
            await tar.WriteEntryAsync(Path.Combine(FindFunctions(), file), Path.GetFileName(file), cancellationToken);
        }

        var bytes = packed.ToArray();
        var digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        using var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/gzip");
        using var response = await _admin.PutAsync($"/v1/bundles/{digest}", content, cancellationToken);
        await RequireSuccessAsync(response, cancellationToken);
        return digest;
    }

    public async Task DeployAsync(FunctionSpec spec, CancellationToken cancellationToken)
    {
        using var response = await _admin.PutAsync($"/v1/functions/{spec.Name}", JsonContent.Create(spec, options: Json), cancellationToken);
        await RequireSuccessAsync(response, cancellationToken);
    }

    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        using var response = await _admin.DeleteAsync($"/v1/functions/{name}", cancellationToken);
        await RequireSuccessAsync(response, cancellationToken);
    }

    public async Task<FunctionDescription> DescribeAsync(string name, CancellationToken cancellationToken) =>
        (await _admin.GetFromJsonAsync<FunctionDescription>($"/v1/functions/{name}", Json, cancellationToken))!;

    public async Task<IReadOnlyList<FunctionSummary>> ListAsync(CancellationToken cancellationToken) =>
        (await _admin.GetFromJsonAsync<FunctionSummary[]>("/v1/functions", Json, cancellationToken))!;

    public async Task<PlatformDescription> PlatformAsync(CancellationToken cancellationToken) =>
        (await _admin.GetFromJsonAsync<PlatformDescription>("/v1/platform", Json, cancellationToken))!;

    /// <summary>What the management API says at an address; null when it knows nothing there.</summary>
    public async Task<T?> FindAsync<T>(string address, CancellationToken cancellationToken)
        where T : class
    {
        using var response = await _admin.GetAsync(address, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        await RequireSuccessAsync(response, cancellationToken);
        return await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken);
    }

    /// <summary>Puts something at an address of the management API.</summary>
    public async Task PutAsync<T>(string address, T value, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(value, options: Json);
        using var response = await _admin.PutAsync(address, content, cancellationToken);
        await RequireSuccessAsync(response, cancellationToken);
    }

    /// <summary>Waits until none of the named functions has an instance.</summary>
    public Task IdleAsync(Func<string, bool> named, CancellationToken cancellationToken) => UntilAsync(
        "functions to be idle", async () => (await ListAsync(cancellationToken)).Where(f => named(f.Name)).All(f => f.Instances == 0), cancellationToken);

    /// <summary>
    /// Waits until the pools of the runtime are full again: at least <paramref name="count"/> and as many as ever, so that the function's own pool
    /// is full whatever other pools the runtime has, and no refill runs beside a measurement.
    /// </summary>
    public Task StemsAsync(string runtime, int count, CancellationToken cancellationToken) => UntilAsync(
        $"{count} stems of {runtime}",
        async () =>
        {
            var runtimes = (await PlatformAsync(cancellationToken)).Runtimes;
            foreach (var found in runtimes)
            {
                _stemsMost[found.Name] = Math.Max(_stemsMost.GetValueOrDefault(found.Name), found.Stems);
            }

            return runtimes.Single(found => found.Name == runtime).Stems >= count && runtimes.All(found => found.Stems >= _stemsMost[found.Name]);
        },
        cancellationToken);

    public static async Task UntilAsync(string what, Func<Task<bool>> condition, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        while (!await condition())
        {
            if (time.GetElapsedTime(began) > PollLimit)
            {
                throw new InvalidOperationException($"Waited {PollLimit.TotalSeconds} s in vain for {what}.");
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    public void Dispose() => _admin.Dispose();

    private static string FindFunctions()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "functions")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? throw new InvalidOperationException("load-tests/functions is not there"), "functions");
    }

    private static async Task RequireSuccessAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
        }
    }
}
