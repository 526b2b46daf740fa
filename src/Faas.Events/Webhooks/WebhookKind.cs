using Faas.Contracts.Functions;
using Faas.Events.Triggers;
using Faas.Storage;

namespace Faas.Events.Webhooks;

/// <summary>Triggers on signed HTTP requests. Their events come by themselves, through <see cref="WebhookDesk"/>; the source only sees to the secrets.</summary>
internal sealed class WebhookKind : ITriggerKind
{
    public string Name => TriggerNames.Webhook;

    /// <summary>A secret that is written out can be judged; one that is only named is judged when it is there.</summary>
    public string? ProblemOf(string id, TriggerSpec spec) =>
        spec.Webhook is { } webhook
        && WebhookSecrets.TextsOf(webhook).Where(text => SecretText.NamesIn(text).Count == 0).Select(WebhookSchemes.Of(webhook).ProblemOf).FirstOrDefault(problem => problem is not null) is { } problem
            ? $"webhook.secret: {problem}"
            : null;

    public ITriggerSource CreateSource() => new WebhookSource();

    public TriggerEvent? EventNow(TriggerKey key, TriggerSpec spec, DateTimeOffset now) => null;
}
