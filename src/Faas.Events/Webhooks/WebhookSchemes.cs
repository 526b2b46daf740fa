using System.Diagnostics;
using Faas.Contracts.Functions;

namespace Faas.Events.Webhooks;

/// <summary>All schemes.</summary>
internal static class WebhookSchemes
{
    private static readonly GithubScheme Github = new();
    private static readonly StripeScheme Stripe = new();
    private static readonly StandardScheme Standard = new();
    private static readonly HmacScheme Hmac = new();

    public static IWebhookScheme Of(WebhookSpec spec) => spec.Scheme switch
    {
        WebhookScheme.Github => Github,
        WebhookScheme.Stripe => Stripe,
        WebhookScheme.Standard => Standard,
        WebhookScheme.Hmac => Hmac,
        _ => throw new UnreachableException($"There is no scheme {spec.Scheme}, which the rules of specs refuse."),
    };
}
