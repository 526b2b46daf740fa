using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Faas.LoadTests;

/// <summary>The Docker engine's API over its socket, on one warm connection.</summary>
internal sealed class DockerSocket : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var host = Environment.GetEnvironmentVariable("DOCKER_HOST");
            var path = string.IsNullOrEmpty(host) ? "/var/run/docker.sock" : host.Replace("unix://", "", StringComparison.Ordinal);
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://docker"),
    };

    public async Task PostAsync(string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var content = body is null ? null : JsonContent.Create<JsonNode>(body);
        using var response = await _http.PostAsync(path, content, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"Docker refused {path}: {await response.Content.ReadAsStringAsync(cancellationToken)}");
        }
    }

    public void Dispose() => _http.Dispose();
}
