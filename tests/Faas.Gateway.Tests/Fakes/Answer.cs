using System.Net;
using System.Text;
using System.Text.Json;

namespace Faas.Gateway.Tests.Fakes;

/// <summary>A whole answer as a caller gets it.</summary>
internal sealed class Answer(HttpResponseMessage response, byte[] body)
{
    public HttpStatusCode Status => response.StatusCode;

    public byte[] Body => body;

    public string Text => Encoding.UTF8.GetString(body);

    public JsonElement Json => JsonDocument.Parse(body).RootElement;

    /// <summary>The error's kind when the platform made the answer; else null.</summary>
    public string? Error => Header("X-Faas-Error");

    public string? Detail => Json.GetProperty("detail").GetString();

    public string? Header(string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join("|", values) : null;
}
