using System.Security.Cryptography;
using System.Text;
using Faas.Contracts.Functions;
using Faas.Events.Triggers;

namespace Faas.Events.Brokers;

/// <summary>Makes brokers' messages the CloudEvents that functions are given.</summary>
/// <param name="context">The trigger.</param>
/// <param name="type">The type of events that are no CloudEvents by themselves, for example <c>faas.rabbitmq.message</c>.</param>
internal sealed class MessageEvents(TriggerContext context, string type)
{
    private const int AttributeNameLengthMax = 20;   // as CloudEvents 1.0 has it

    private static readonly string[] Reserved = ["specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema", "data", "database64"];

    /// <summary>The event that a message is; null when it is a CloudEvent that cannot be read.</summary>
    public TriggerEvent? TryRead(BrokerMessage message, out string? problem)
    {
        var sent = CloudEventText.TryRead(message.ContentType, message.Attributes, message.Body, AttributesOf(message), out problem);
        if (sent is null)
        {
            return null;
        }

        var identity = sent.IsNamed ? $"{sent.Source}\n{sent.Id}" : message.Identity;
        return new TriggerEvent(sent.Json) { Id = IdOf(identity, message.Body.Span), EventId = sent.Id, TraceParent = sent.TraceParent ?? message.Properties.GetValueOrDefault(CloudEventText.TraceParent) };
    }

    /// <summary>A message that cannot be read as what it says it is, as bare data.</summary>
    public TriggerEvent AsData(BrokerMessage message) =>
        new(CloudEventText.Write(AttributesOf(message), "application/octet-stream", message.Body.Span)) { Id = IdOf(message.Identity, message.Body.Span) };

    private Dictionary<string, string> AttributesOf(BrokerMessage message)
    {
        var id = IdOf(message.Identity, message.Body.Span) ?? Guid.CreateVersion7(context.Time.GetUtcNow()).ToString("N");
        var attributes = CloudEventText.Attributes(id, $"/triggers/{context.Key.Id}", type, message.SentAt ?? context.Time.GetUtcNow());
        attributes["subject"] = message.Subject;
        foreach (var (name, value) in message.Properties)
        {
            var plain = string.Concat(name.ToLowerInvariant().Where(char.IsAsciiLetterOrDigit).Take(AttributeNameLengthMax));
            if (plain.Length > 0 && Array.IndexOf(Reserved, plain) < 0)
            {
                attributes.TryAdd(plain, value);
            }
        }

        return attributes;
    }

    /// <summary>
    /// The same for the same message, whenever it comes. The body and the broker count as well: after a queue was made anew, or a sender numbered its messages again, another message under an old
    /// name is another event.
    /// </summary>
    private string? IdOf(string? identity, ReadOnlySpan<byte> body)
    {
        if (identity is null)
        {
            return null;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{context.Key.Id}\n{TriggerNames.SubjectOf(context.Spec)}\n{identity}\n"));
        hash.AppendData(body);
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}
