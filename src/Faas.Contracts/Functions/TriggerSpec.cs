using System.Text.Json.Serialization;

namespace Faas.Contracts.Functions;

/// <summary>What invokes a function besides its callers. Exactly one kind is set.</summary>
public sealed record TriggerSpec
{
    /// <summary>The trigger's name within the function, 1 to 63 of a-z, 0-9 and inner hyphens; null for that of its topic, or its kind's (<see cref="TriggerNames.NameOf"/>).</summary>
    public string? Name { get; init; }

    /// <summary>A built-in topic: what is published on it reaches the function as a CloudEvent.</summary>
    public string? Topic { get; init; }

    /// <summary>A schedule: the function is given an event whenever its time comes.</summary>
    public CronSpec? Cron { get; init; }

    /// <summary>A Redis stream.</summary>
    public RedisStreamSpec? RedisStream { get; init; }

    /// <summary>A Redis list.</summary>
    public RedisListSpec? RedisList { get; init; }

    /// <summary>A RabbitMQ queue.</summary>
    [JsonPropertyName("rabbitmq")]
    public RabbitMqSpec? RabbitMq { get; init; }

    /// <summary>MQTT topics.</summary>
    public MqttSpec? Mqtt { get; init; }

    /// <summary>A Kafka topic.</summary>
    public KafkaSpec? Kafka { get; init; }

    /// <summary>Signed HTTP requests.</summary>
    public WebhookSpec? Webhook { get; init; }
}
