namespace Faas.Contracts.Functions;

/// <summary>
/// Signed HTTP requests to <c>/webhook/{function}/{trigger}</c> that invoke the function. The signature is checked before anything is queued or started; an accepted request is durable and answered
/// at once, whatever the function does.
/// </summary>
public sealed record WebhookSpec
{
    /// <summary>Who signs how.</summary>
    public required WebhookScheme Scheme { get; init; }

    /// <summary>What it is signed with; mostly a secret (<see cref="SecretText"/>): <c>${GITHUB_SECRET}</c>. Several, separated by spaces, are all taken, so that a secret can be replaced.</summary>
    public required string Secret { get; init; }

    /// <summary><see cref="WebhookScheme.Hmac"/>: the header with the signature. Default null: <c>X-Signature</c>.</summary>
    public string? Header { get; init; }

    /// <summary><see cref="WebhookScheme.Hmac"/>: the hash. Default <see cref="WebhookHash.Sha256"/>.</summary>
    public WebhookHash Hash { get; set; } = WebhookHash.Sha256;

    /// <summary><see cref="WebhookScheme.Hmac"/>: how the signature is written. Default <see cref="WebhookEncoding.Hex"/>.</summary>
    public WebhookEncoding Encoding { get; set; } = WebhookEncoding.Hex;

    /// <summary><see cref="WebhookScheme.Hmac"/>: what stands before the signature, for example <c>sha256=</c>. Default null: nothing.</summary>
    public string? Prefix { get; init; }

    /// <summary><see cref="WebhookScheme.Hmac"/>: the header with the delivery's id, by which a repeated delivery is known. Default null: none is.</summary>
    public string? IdHeader { get; init; }

    /// <summary>How old a signed time may be, and how far ahead, 1 s to 1 h; <see cref="WebhookScheme.Stripe"/> and <see cref="WebhookScheme.Standard"/>. Default 5 min, as both say.</summary>
    public TimeSpan Tolerance { get; set; } = TimeSpan.FromMinutes(5);
}

/// <summary>Who signs webhooks how.</summary>
public enum WebhookScheme
{
    /// <summary>GitHub, and what copies it: <c>X-Hub-Signature-256</c>.</summary>
    Github,

    /// <summary>Stripe: <c>Stripe-Signature</c>, with a time.</summary>
    Stripe,

    /// <summary>Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks): <c>webhook-signature</c>, with an id and a time.</summary>
    Standard,

    /// <summary>An HMAC of the body in a header of the user's choice.</summary>
    Hmac,
}

/// <summary>A hash function.</summary>
public enum WebhookHash
{
    /// <summary>SHA-1, for those who offer nothing better.</summary>
    Sha1,

    /// <summary>SHA-256.</summary>
    Sha256,

    /// <summary>SHA-512.</summary>
    Sha512,
}

/// <summary>How a signature is written.</summary>
public enum WebhookEncoding
{
    /// <summary>Hexadecimal, of either case.</summary>
    Hex,

    /// <summary>Base64.</summary>
    Base64,
}
