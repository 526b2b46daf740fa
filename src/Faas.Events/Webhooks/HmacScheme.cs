using System.Text;
using System.Text.Json;
using Faas.Contracts.Functions;

namespace Faas.Events.Webhooks;

/// <summary>An HMAC of the body, in the header and form that the spec says, as Shopify's, Linear's and many others are.</summary>
internal sealed class HmacScheme : IWebhookScheme
{
    private const string StandardHeader = "X-Signature";

    public SignatureFault? Check(WebhookSpec spec, IReadOnlyList<string> secrets, WebhookRequest request, DateTimeOffset now)
    {
        var header = spec.Header ?? StandardHeader;
        if (request.Header(header) is not { Length: > 0 } given)
        {
            return SignatureFault.Missing(header);
        }

        var prefix = spec.Prefix ?? "";
        if (!given.StartsWith(prefix, StringComparison.Ordinal) || BodySignature.Decode(given[prefix.Length..], spec.Encoding) is not { } signature)
        {
            var form = spec.Encoding == WebhookEncoding.Hex ? "the signature in hexadecimal" : "the signature in base64";
            return SignatureFault.Malformed(header, prefix.Length == 0 ? form : $"'{prefix}' and {form}");
        }

        return BodySignature.IsOfAny(spec.Hash, secrets.Select(Encoding.UTF8.GetBytes), "", request.Body.Span, [signature]) ? null : SignatureFault.Wrong(header);
    }

    public WebhookDelivery Read(WebhookSpec spec, WebhookRequest request, JsonElement? body) => new() { Id = spec.IdHeader is { } header ? request.Id(header) : null };
}
