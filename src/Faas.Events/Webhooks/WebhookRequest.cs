using Faas.Contracts.Invocations;

namespace Faas.Events.Webhooks;

/// <summary>A request to a webhook, as it came.</summary>
/// <param name="Headers">Its headers, names in lower case; of several with one name the first.</param>
/// <param name="Body">Its body, byte by byte: that is what is signed.</param>
internal sealed record WebhookRequest(IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body)
{
    private const int IdLengthMax = 255;

    /// <summary>The request with these headers and body.</summary>
    public static WebhookRequest Of(IEnumerable<HeaderField> headers, ReadOnlyMemory<byte> body)
    {
        var byName = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in headers)
        {
            byName.TryAdd(name.ToLowerInvariant(), value.Trim());
        }

        return new WebhookRequest(byName, body);
    }

    /// <summary>A header, by its name in any case; null when it is not there.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name.ToLowerInvariant());

    /// <summary>A header that names the delivery; null when there is none that can.</summary>
    public string? Id(string header) => Header(header) is { Length: > 0 and <= IdLengthMax } id && !id.Any(char.IsControl) ? id : null;
}
