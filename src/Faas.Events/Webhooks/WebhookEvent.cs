using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Faas.Contracts.Functions;

namespace Faas.Events.Webhooks;

/// <summary>What a signed request becomes for the function.</summary>
/// <param name="Json">A CloudEvent in structured mode.</param>
/// <param name="Key">The same for the same delivery of the same body, and for no other; null when nobody can tell.</param>
internal sealed record WebhookEvent(ReadOnlyMemory<byte> Json, string? Key)
{
    private const string OtherwiseType = "faas.webhook.received";

    /// <summary>The event; null when the request says that it is a CloudEvent and is none.</summary>
    /// <param name="trigger">The trigger's id.</param>
    /// <param name="spec">The webhook.</param>
    /// <param name="request">The request.</param>
    /// <param name="invocation">The id of what has none.</param>
    /// <param name="now">The time of what has none.</param>
    /// <param name="problem">Why there is none; null when there is.</param>
    public static WebhookEvent? TryRead(string trigger, WebhookSpec spec, WebhookRequest request, string invocation, DateTimeOffset now, out string? problem)
    {
        var scheme = WebhookSchemes.Of(spec);
        var inner = scheme.Unwrap(request);
        using var json = Parse(inner.Body);
        var delivery = scheme.Read(spec, inner, json?.RootElement);
        var attributes = CloudEventText.Attributes(delivery.Id ?? invocation, delivery.Source ?? $"/triggers/{trigger}", delivery.Type ?? OtherwiseType, delivery.Time ?? now);
        if (delivery.Subject is { } subject)
        {
            attributes["subject"] = subject;
        }

        if (CloudEventText.TryRead(inner.Headers, inner.Body, attributes, out problem) is not { } sent)
        {
            return null;
        }

        var id = delivery.Id ?? (sent.IsNamed ? $"{sent.Source}\n{sent.Id}" : null);
        return new WebhookEvent(sent.Json, id is null ? null : KeyOf(trigger, id, delivery is { Id: not null, IsIdInBody: true } ? default : request.Body.Span));
    }

    /// <summary>An id in a header is mostly not signed, so the body counts as well. No caller can send a key with a space.</summary>
    private static string KeyOf(string trigger, string id, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{trigger}\n{id}\n"));
        hash.AppendData(body);
        return "webhook " + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static JsonDocument? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
