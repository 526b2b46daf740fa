using System.Net.Http.Headers;

namespace Faas.Contracts.Api;

/// <summary>The part of the management API about secrets: <c>/v1/secrets</c>. Throws as <see cref="FaasClient"/> does.</summary>
public sealed class SecretsClient
{
    private readonly ApiTransport _transport;

    internal SecretsClient(ApiTransport transport) => _transport = transport;

    /// <summary>All secrets, by name. Nothing tells their values.</summary>
    public async Task<IReadOnlyList<SecretDescription>> ListAsync(CancellationToken cancellationToken) =>
        await _transport.GetAsync("/v1/secrets", FaasJson.Default.SecretDescriptionArray, cancellationToken);

    /// <summary>Makes a secret, or gives it another value: UTF-8 text of 1 byte to 64 KiB. Triggers that name it are started again.</summary>
    public async Task SetAsync(string name, byte[] value, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(value);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        await _transport.TellAsync(HttpMethod.Put, PathOf(name), content, cancellationToken);
    }

    /// <summary>Deletes a secret; one that a trigger names is a problem with status 409 unless <paramref name="force"/>.</summary>
    public Task DeleteAsync(string name, bool force, CancellationToken cancellationToken) =>
        _transport.TellAsync(HttpMethod.Delete, PathOf(name) + (force ? "?force=true" : ""), null, cancellationToken);

    private static string PathOf(string name) => "/v1/secrets/" + Uri.EscapeDataString(name);
}
