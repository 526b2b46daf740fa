using System.Globalization;
using System.Text.Json;
using Faas.Contracts.Functions;

namespace Faas.Events.Webhooks;

/// <summary>Standard Webhooks 1.0 with its symmetric signatures (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md): <c>v1,BASE64</c> of <c>ID.TIME.BODY</c>, as this platform's own callbacks are signed.</summary>
internal sealed class StandardScheme : IWebhookScheme
{
    private const string Id = "webhook-id";
    private const string Timestamp = "webhook-timestamp";
    private const string Signature = "webhook-signature";
    private const string SecretPrefix = "whsec_";

    public string? ProblemOf(string secret) => KeyOf(secret) is null ? $"must be '{SecretPrefix}' and a key as base64" : null;

    public SignatureFault? Check(WebhookSpec spec, IReadOnlyList<string> secrets, WebhookRequest request, DateTimeOffset now)
    {
        if (Array.Find([Id, Timestamp, Signature], name => request.Header(name) is not { Length: > 0 }) is { } missing)
        {
            return SignatureFault.Missing(missing);
        }

        if (SignedAt(request) is not { } signedAt)
        {
            return SignatureFault.Malformed(Timestamp, "a time in seconds since 1970");
        }

        var given = from item in request.Header(Signature)!.Split(' ', StringSplitOptions.RemoveEmptyEntries)   // none of the three is missing
                    where item.StartsWith("v1,", StringComparison.Ordinal)
                    let signature = BodySignature.Decode(item[3..], WebhookEncoding.Base64)
                    where signature is not null
                    select signature;
        var signatures = given.ToList();
        return signatures.Count == 0 ? SignatureFault.Malformed(Signature, "'v1,' and the signature in base64, or several with spaces between them")
            : BodySignature.IsOfAny(WebhookHash.Sha256, secrets.Select(KeyOf).OfType<byte[]>(), $"{request.Header(Id)}.{request.Header(Timestamp)}.", request.Body.Span, signatures)
                ? SignatureFault.OfTime(signedAt, spec.Tolerance, now)
                : SignatureFault.Wrong(Signature);
    }

    public WebhookDelivery Read(WebhookSpec spec, WebhookRequest request, JsonElement? body) => new()
    {
        Id = request.Id(Id),
        Type = body.TextAt("type"),
        Time = SignedAt(request) is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null,   // it is within the tolerance
    };

    private static long? SignedAt(WebhookRequest request) => long.TryParse(request.Header(Timestamp), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;

    private static byte[]? KeyOf(string secret) => BodySignature.Decode(secret.StartsWith(SecretPrefix, StringComparison.Ordinal) ? secret[SecretPrefix.Length..] : secret, WebhookEncoding.Base64);
}
