using Faas.Contracts.Functions;

namespace Faas.LoadTests.Brokers;

/// <summary>A broker that is measured: how a function listens to it, and how events get there.</summary>
/// <param name="Trigger">The function's trigger.</param>
/// <param name="NewSender">Makes a sender; the first one makes what must be there.</param>
/// <param name="IsKnown">Whether a message has an identity, so that it becomes one invocation however often it is delivered.</param>
internal sealed record Source(TriggerSpec Trigger, Func<CancellationToken, Task<IEventSender>> NewSender, bool IsKnown)
{
    /// <summary>Name of queue, stream, list and topic.</summary>
    private const string Name = "chaos";

    public static readonly IReadOnlyList<string> Kinds = ["redis-stream", "redis-batch", "redis-list", "rabbitmq", "mqtt", "kafka", "webhook"];

    /// <summary>What webhooks are signed with.</summary>
    private const string Secret = "not-a-secret";

    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="address">Where the broker is: host:port. For webhooks: where callers of the platform connect.</param>
    /// <param name="function">The function.</param>
    public static Source Of(string kind, string address, string function) => kind switch
    {
        "redis-stream" => new(
            new TriggerSpec { RedisStream = new RedisStreamSpec { Url = $"redis://{address}", Stream = Name, Concurrency = 20 } }, _ => RedisSender.ConnectAsync(address, Name, isStream: true), true),
        "redis-batch" => new(
            new TriggerSpec { RedisStream = new RedisStreamSpec { Url = $"redis://{address}", Stream = Name, BatchSize = 10, Concurrency = 5 } },
            _ => RedisSender.ConnectAsync(address, Name, isStream: true), false),
        "redis-list" => new(
            new TriggerSpec { RedisList = new RedisListSpec { Url = $"redis://{address}", List = Name, Concurrency = 20 } }, _ => RedisSender.ConnectAsync(address, Name, isStream: false), true),
        "rabbitmq" => new(new TriggerSpec { RabbitMq = new RabbitMqSpec { Url = $"amqp://{address}", Queue = Name } }, ct => RabbitMqSender.ConnectAsync(address, Name, ct), true),
        "mqtt" => new(new TriggerSpec { Mqtt = new MqttSpec { Url = $"mqtt://{address}", Topic = Name + "/#" } }, ct => MqttSender.ConnectAsync(address, Name + "/events", ct), false),
        "kafka" => new(
            new TriggerSpec { Kafka = new KafkaSpec { Servers = address, Topic = Name, Concurrency = 8 } }, _ => Task.FromResult<IEventSender>(new KafkaSender(address, Name)), true),
        "webhook" => new(
            new TriggerSpec { Webhook = new WebhookSpec { Scheme = WebhookScheme.Github, Secret = Secret } },
            _ => Task.FromResult<IEventSender>(new WebhookSender(new Uri($"http://{address}/webhook/{function}/webhook"), Secret)), true),
        _ => throw new ArgumentException($"--kind: '{kind}' is none of {string.Join(", ", Kinds)}"),
    };
}
