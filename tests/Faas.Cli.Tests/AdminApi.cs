using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;

namespace Faas.Cli.Tests;

/// <summary>A small server that speaks the management API, and the public address beside it. It keeps what it was sent.</summary>
internal sealed class AdminApi : IDisposable
{
    public const string Key = "test-key";

    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<string, Func<HttpListenerRequest, byte[], Answer>> _routes = new(StringComparer.Ordinal);
    private readonly Task _serving;

    /// <param name="url">Where another one was before; null for a free port.</param>
    public AdminApi(string? url = null)
    {
        Url = url ?? FreeUrl();
        _listener.Prefixes.Add(Url + "/");
        _listener.Start();
        On("GET /v1/platform", (_, _) => Answer.Json(Platform(Url), FaasJson.Default.PlatformDescription));
        On("GET /v1/functions", (_, _) => Answer.Json([.. Functions], FaasJson.Default.FunctionSummaryArray));
        _serving = Task.Run(ServeAsync);
    }

    public sealed record Answer(int Status, string ContentType, byte[] Body, params (string Name, string Value)[] Headers)
    {
        public static Answer Json<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, int status = 200) =>
            new(status, "application/json", JsonSerializer.SerializeToUtf8Bytes(value, type));

        public static Answer Problem(int status, string error, string detail, string? blame = null, string[]? diagnostics = null, string[]? logs = null)
        {
            var problem = new ApiProblem
            {
                Type = Problems.TypeOf(error), Title = error, Status = status, Error = error, Detail = detail, Blame = blame, Diagnostics = diagnostics ?? [], Logs = logs ?? [],
            };
            return new Answer(status, Problems.MediaType, JsonSerializer.SerializeToUtf8Bytes(problem, FaasJson.Default.ApiProblem), (Problems.ErrorHeader, error));
        }

        public static Answer Text(string text, int status = 200, params (string Name, string Value)[] headers) => new(status, "text/plain", Encoding.UTF8.GetBytes(text), headers);
    }

    public string Url { get; }

    public List<FunctionSummary> Functions { get; } = [];

    public ConcurrentQueue<string> Requests { get; } = new();

    public ConcurrentDictionary<string, byte[]> Bodies { get; } = new();

    /// <summary>What a CLI needs to find it.</summary>
    public string[] Options => ["--admin", Url, "--key", Key];

    public void On(string route, Func<HttpListenerRequest, byte[], Answer> answer) => _routes[route] = answer;

    /// <summary>Bundles, plans and deploys as a controller would answer them.</summary>
    public void AcceptDeploys(string name, string change = "create")
    {
        On($"POST /v1/functions/{name}/plan", (_, _) => Answer.Json(
            new DeployPlan(name, change, change == "update" ? [new FieldChange("memory", "256", "512")] : []), FaasJson.Default.DeployPlan));
        On($"PUT /v1/functions/{name}", (_, body) => Answer.Json(
            new DeployResult(name, "rev-1", change + "d", $"{Url}/function/{name}", TimeSpan.FromMilliseconds(12), null), FaasJson.Default.DeployResult));
    }

    public FunctionSpec SpecSentTo(string route) => JsonSerializer.Deserialize(Bodies[route], FaasJson.Default.FunctionSpec)!;

    public static FunctionSummary Summary(string name) => new()
    {
        Name = name, Runtime = "python", State = "ready", Instances = 2, Load = new FunctionLoad(1, 1, 0, 0, 0, 3, 1, 12.4, 40, null), ColdStarts = 2, Revision = "rev-1", MemoryMiB = 256, Invocations = 7, Cost = 0.000001m,
        DeployedAt = DateTimeOffset.UnixEpoch, Url = "http://127.0.0.1:8080/function/" + name,
    };

    public static PlatformLoad Load(params IReadOnlyList<FunctionSummary> functions) => new()
    {
        Cores = 2, IdleMs = 0, AtMs = 0, MemoryMiB = 8192, AvailableMiB = 6144, AllottableMiB = 1024, AllottedMiB = 512, Stems = new Dictionary<string, int>(), Functions = functions,
    };

    public static PlatformDescription Platform(string publicUrl) => new()
    {
        Version = "0.1.0", PublicUrl = publicUrl, GatewayConnected = true, Sandbox = "process", Isolation = "functions share the host", IsIsolated = false,
        Runtimes = [new RuntimeDescription("python", true, "3.11.2", "/usr/bin/python3", 1), new RuntimeDescription("node", false, null, "apt install nodejs", 0)],
    };

    public void Dispose()
    {
        _listener.Close();
        _serving.Wait(FaasProgram.Patience);
    }

    private static bool IsPublic(string path) => path.StartsWith("/function/", StringComparison.Ordinal) || path.StartsWith("/async-function/", StringComparison.Ordinal);

    private static string FreeUrl()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            Respond(context, body.ToArray());
        }
    }

    private void Respond(HttpListenerContext context, byte[] body)
    {
        var route = $"{context.Request.HttpMethod} {context.Request.Url!.AbsolutePath}";
        Requests.Enqueue(route + context.Request.Url.Query);
        Bodies[route] = body;
        var answer = context.Request.Headers["Authorization"] != "Bearer " + Key && !IsPublic(context.Request.Url.AbsolutePath)
            ? Answer.Problem(401, "Unauthorized", "wrong key")
            : _routes.TryGetValue(route, out var handler) ? handler(context.Request, body)
            : route.StartsWith("PUT /v1/bundles/", StringComparison.Ordinal) ? Answer.Text("", 201)
            : Answer.Problem(404, "NotFound", $"There is no {route}.", "caller");
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        foreach (var (name, value) in answer.Headers)
        {
            context.Response.Headers[name] = value;
        }

        if (context.Request.HttpMethod != "HEAD")
        {
            context.Response.ContentLength64 = answer.Body.Length;
            context.Response.OutputStream.Write(answer.Body);
        }

        context.Response.Close();
    }
}
