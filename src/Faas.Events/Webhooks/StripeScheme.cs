using System.Globalization;
using System.Text;
using System.Text.Json;
using Faas.Contracts.Functions;

namespace Faas.Events.Webhooks;

/// <summary>Stripe (https://docs.stripe.com/webhooks#verify-manually): <c>t=TIME,v1=SIGNATURE</c>, of <c>TIME.BODY</c>; while a secret is rolled over, several signatures.</summary>
internal sealed class StripeScheme : IWebhookScheme
{
    private const string Signature = "Stripe-Signature";

    public SignatureFault? Check(WebhookSpec spec, IReadOnlyList<string> secrets, WebhookRequest request, DateTimeOffset now)
    {
        if (request.Header(Signature) is not { Length: > 0 } given)
        {
            return SignatureFault.Missing(Signature);
        }

        var (time, signatures) = Parse(given);
        if (!long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var signedAt) || signatures.Count == 0)
        {
            return SignatureFault.Malformed(Signature, "'t=' and a time in seconds, a comma, and 'v1=' and the signature in hexadecimal");
        }

        return BodySignature.IsOfAny(WebhookHash.Sha256, secrets.Select(Encoding.UTF8.GetBytes), $"{time}.", request.Body.Span, signatures)
            ? SignatureFault.OfTime(signedAt, spec.Tolerance, now)
            : SignatureFault.Wrong(Signature);
    }

    /// <summary>An event that is sent again has the same id, but not always the same body: it says how many receivers it still waits for.</summary>
    public WebhookDelivery Read(WebhookSpec spec, WebhookRequest request, JsonElement? body) => new()
    {
        Id = body.TextAt("id"),
        IsIdInBody = true,
        Type = body.TextAt("type") is { } type ? "com.stripe." + type : null,
        Time = long.TryParse(body.TextAt("created"), NumberStyles.None, CultureInfo.InvariantCulture, out var created) && created < int.MaxValue ? DateTimeOffset.FromUnixTimeSeconds(created) : null,
    };

    private static (string? Time, List<byte[]> Signatures) Parse(string header)
    {
        string? time = null;
        var signatures = new List<byte[]>();
        foreach (var item in header.Split(',', StringSplitOptions.TrimEntries))
        {
            if (item.StartsWith("t=", StringComparison.Ordinal))
            {
                time ??= item[2..];
            }
            else if (item.StartsWith("v1=", StringComparison.Ordinal) && BodySignature.Decode(item[3..], WebhookEncoding.Hex) is { } signature)
            {
                signatures.Add(signature);
            }
        }

        return (time, signatures);
    }
}
