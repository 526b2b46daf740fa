using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Events.Brokers;
using Faas.Events.Triggers;
using Faas.Storage;

namespace Faas.Events.Webhooks;

/// <summary>Where webhooks' requests enter: finds the trigger, checks the signature, and only then accepts the event. Nothing is queued, and no instance started, for a request that is not signed.</summary>
internal sealed class WebhookDesk(IFunctionDirectory functions, TriggerTable table, ISecrets secrets, Intake intake, TimeProvider time)
{
    /// <summary>Senders try again some times within hours; a pause lasts rather minutes than seconds.</summary>
    private const int PauseSeconds = 60;

    /// <summary>Accepts a request to the webhook <paramref name="name"/>, or says why not. An accepted one is durable.</summary>
    /// <param name="name">The trigger's name within the request's function.</param>
    /// <param name="request">The request as it came. Of what it wants of the platform (a delay, a callback, a key) nothing counts: that is not signed.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="StoreException">The store cannot be used. Whether the event was accepted is not known: the same request may be repeated.</exception>
    public async Task<IntakeReply> AcceptAsync(string name, IntakeRequest request, CancellationToken ct)
    {
        var id = $"{request.Function}/{name}";
        if (SpecOf(request.Function, name) is not { } spec)
        {
            return Refuse(request, "NotFound", 404, $"there is no webhook '{id}'; `faas trigger list` shows those there are");
        }

        var trigger = table.Find(id);   // null for a moment after the deployment
        var sent = WebhookRequest.Of(request.Request.Headers, request.Body);
        var now = time.GetUtcNow();
        if (await FaultOfAsync(spec, sent, now, ct) is { } fault)
        {
            trigger?.Status.EventFailed(fault.Reason);
            return new IntakeReply { Id = request.Id, Refusal = fault.Refusal };
        }

        if (trigger is { IsPaused: true })
        {
            trigger.Status.Skipped(1);
            return Refuse(request, "Unavailable", 503, $"the webhook is paused; `faas trigger resume {id}` resumes it", PauseSeconds);
        }

        if (WebhookEvent.TryRead(id, spec, sent, request.Id, now, out var problem) is not { } given)
        {
            trigger?.Status.EventFailed($"{request.Id}: {problem}");
            return Refuse(request, "BadRequest", 400, problem ?? "it is no event");
        }

        var reply = await intake.AcceptAsync(Accepted(request, given), ct);
        Count(trigger, reply);
        return reply;
    }

    private WebhookSpec? SpecOf(string function, string name) =>
        functions.Find(function)?.Triggers?.FirstOrDefault(trigger => trigger.Webhook is not null && TriggerNames.NameOf(trigger) == name)?.Webhook;

    /// <summary>What is wrong with the signature, for the sender and for the trigger's user; null when it is right.</summary>
    private async Task<(IntakeRefusal Refusal, string Reason)?> FaultOfAsync(WebhookSpec spec, WebhookRequest sent, DateTimeOffset now, CancellationToken ct)
    {
        IReadOnlyList<string> keys;
        try
        {
            keys = await WebhookSecrets.ReadAsync(spec, text => secrets.FillAsync(text, isAddress: false, ct));
        }
        catch (Exception exception) when (exception is BrokerException or StoreException)
        {
            // Anybody can ask here; what secrets are called is for those who may list the triggers.
            return (new IntakeRefusal("Unavailable", 503, "the webhook's secret is missing or cannot be used, so no signature can be checked; `faas trigger list` says why", PauseSeconds), exception.Message);
        }

        return WebhookSchemes.Of(spec).Check(spec, keys, sent, now) is { } fault
            ? (new IntakeRefusal(fault.Status == 401 ? "Unauthorized" : "BadRequest", fault.Status, fault.Detail), fault.Detail)
            : null;
    }

    private static IntakeRequest Accepted(IntakeRequest request, WebhookEvent given) => new()
    {
        Function = request.Function,
        Id = request.Id,
        Nonce = request.Nonce,
        Request = new InvocationRequest(true, "POST", "/", "", [new HeaderField("Content-Type", CloudEventText.MediaType)]),
        Body = given.Json,
        Key = given.Key,
        KeyCoversBody = true,
        IsRepeated = request.IsRepeated,
    };

    private static void Count(Trigger? trigger, IntakeReply reply)
    {
        if (reply.Refusal is { } refusal)
        {
            trigger?.Status.EventFailed($"{reply.Id}: {refusal.Detail}");
        }
        else if (!reply.IsReplay)
        {
            trigger?.Status.Accepted(reply.Id);
        }
    }

    private static IntakeReply Refuse(IntakeRequest request, string error, int status, string detail, int retryAfterSeconds = 0) =>
        new() { Id = request.Id, Refusal = new IntakeRefusal(error, status, detail, retryAfterSeconds) };
}
