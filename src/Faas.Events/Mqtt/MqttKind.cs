using Faas.Contracts.Functions;
using Faas.Events.Triggers;
using Faas.Storage;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Protocol;

namespace Faas.Events.Mqtt;

/// <summary>Triggers on MQTT topics.</summary>
internal sealed class MqttKind : ITriggerKind
{
    public string Name => TriggerNames.Mqtt;

    public string? ProblemOf(string id, TriggerSpec spec)
    {
        if (spec.Mqtt is not { } mqtt)
        {
            return null;
        }

        try
        {
            MqttTopicValidator.ThrowIfInvalidSubscribe(mqtt.Topic);
        }
        catch (MqttProtocolViolationException exception)
        {
            return $"mqtt.topic: '{mqtt.Topic}' is no topic filter: {exception.Message}";
        }

        return mqtt.DeadLetter is { } deadLetter && MqttTopicFilterComparer.Compare(deadLetter, mqtt.Topic) == MqttTopicFilterCompareResult.IsMatch
            ? $"mqtt.deadLetter: '{deadLetter}' matches '{mqtt.Topic}', which the trigger reads: failed messages would come again and again"
            : null;
    }

    public ITriggerSource CreateSource() => new MqttSource();

    public TriggerEvent? EventNow(TriggerKey key, TriggerSpec spec, DateTimeOffset now) => null;
}
