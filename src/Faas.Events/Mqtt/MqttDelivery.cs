using System.Globalization;
using Faas.Events.Brokers;
using MQTTnet;
using MQTTnet.Packets;

namespace Faas.Events.Mqtt;

/// <summary>A message as the broker has sent it.</summary>
internal sealed class MqttDelivery
{
    /// <summary>Topic, properties and flags.</summary>
    public required MqttApplicationMessage Message { get; init; }

    /// <summary>Its payload.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The message for the function. MQTT has no ids: only a CloudEvent is known again.</summary>
    public BrokerMessage ToMessage()
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in Message.UserProperties ?? [])
        {
            named.TryAdd(property.Name, property.ReadValueAsString());
        }

        // In binary mode CloudEvents' attributes are user properties as they are (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/mqtt-protocol-binding.md).
        var attributes = named.ContainsKey("specversion") ? named.Where(property => IsAttribute(property.Key)).ToDictionary(StringComparer.Ordinal) : [];
        attributes.Remove("datacontenttype", out var type);   // the content type says it; it must not be said twice
        return new BrokerMessage
        {
            Body = Body,
            Subject = Message.Topic,
            ContentType = string.IsNullOrEmpty(Message.ContentType) ? type : Message.ContentType,
            Attributes = attributes,
            Properties = PropertiesOf(named),
        };
    }

    private static bool IsAttribute(string name) => name != "data" && name.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character));

    private Dictionary<string, string> PropertiesOf(Dictionary<string, string> named)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["retain"] = Message.Retain ? "true" : "false",
            ["qos"] = ((int)Message.QualityOfServiceLevel).ToString(CultureInfo.InvariantCulture),
        };
        if (!string.IsNullOrEmpty(Message.ResponseTopic))
        {
            properties["responsetopic"] = Message.ResponseTopic;
        }

        if (Message.CorrelationData is { Length: > 0 } correlation)
        {
            properties["correlationdata"] = Convert.ToBase64String(correlation);
        }

        foreach (var (name, value) in named)
        {
            properties.TryAdd(name, value);
        }

        return properties;
    }
}
