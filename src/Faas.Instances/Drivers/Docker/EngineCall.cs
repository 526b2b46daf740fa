using System.Net;
using System.Net.Sockets;
using Docker.DotNet;

namespace Faas.Instances.Drivers.Docker;

/// <summary>Calls the engine and turns its many ways to fail into <see cref="DriverException"/>.</summary>
internal sealed class EngineCall(string address)
{
    public async Task<T> RunAsync<T>(string act, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (DockerApiException e)
        {
            // 5xx and 409 are states of the engine that pass; the rest is wrong with the request and stays wrong.
            throw new DriverException(act, $"Docker refused to {act}: {Shorten(e)}", e.StatusCode is >= HttpStatusCode.InternalServerError or HttpStatusCode.Conflict, e)
            {
                IsNotFound = e.StatusCode == HttpStatusCode.NotFound,
                IsConflict = e.StatusCode == HttpStatusCode.Conflict,
            };
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested
            && e is HttpRequestException or SocketException or IOException or TimeoutException or OperationCanceledException)
        {
            throw new DriverException(act, $"Docker does not answer at {address} ({e.GetBaseException().Message}); start it with 'systemctl start docker'", isTransient: true, e);
        }
    }

    public Task RunAsync(string act, Func<Task> call, CancellationToken cancellationToken) => RunAsync(act, async () =>
    {
        await call();
        return true;
    }, cancellationToken);

    private static string Shorten(DockerApiException e)
    {
        var text = (e.ResponseBody ?? e.Message).Trim();
        const string Prefix = "{\"message\":\"";
        text = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..].TrimEnd('}', '"') : text;
        return text.Length <= 500 ? text : text[..500];
    }
}
