using Faas.Contracts.Functions;
using Faas.Events.Brokers;

namespace Faas.Events.Webhooks;

/// <summary>What a webhook's requests may be signed with.</summary>
internal static class WebhookSecrets
{
    /// <summary>The secrets' texts in the spec. Cut before they are filled in: a secret may have spaces.</summary>
    public static string[] TextsOf(WebhookSpec spec) => spec.Secret.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The secrets themselves.</summary>
    /// <exception cref="BrokerException">One of them is not there, or is none of the scheme's.</exception>
    public static async Task<IReadOnlyList<string>> ReadAsync(WebhookSpec spec, Func<string, Task<string>> fill)
    {
        var secrets = new List<string>();
        foreach (var text in TextsOf(spec))
        {
            var secret = await fill(text);
            if (WebhookSchemes.Of(spec).ProblemOf(secret) is { } problem)
            {
                throw new BrokerException($"the webhook's secret {problem}; `faas secret set` gives it another value");
            }

            secrets.Add(secret);
        }

        return secrets;
    }
}
