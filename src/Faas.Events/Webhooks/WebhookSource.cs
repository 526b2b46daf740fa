using Faas.Events.Triggers;

namespace Faas.Events.Webhooks;

/// <summary>Says whether a webhook's secrets are there and can be used, before the first sender finds out. A secret that changes has it run again.</summary>
internal sealed class WebhookSource : ITriggerSource
{
    public async Task RunAsync(TriggerContext context, CancellationToken ct)
    {
        await WebhookSecrets.ReadAsync(context.Spec.Webhook!, text => context.FillAsync(text, ct));   // of this kind, so Webhook is set
        context.Status.Connected();
        await new TaskCompletionSource().Task.WaitAsync(ct);
    }
}
