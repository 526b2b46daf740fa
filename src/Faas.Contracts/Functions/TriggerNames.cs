namespace Faas.Contracts.Functions;

/// <summary>What triggers are called.</summary>
public static class TriggerNames
{
    /// <summary>The kind of a trigger on a built-in topic.</summary>
    public const string Topic = "topic";

    /// <summary>The kind of a trigger with a schedule.</summary>
    public const string Cron = "cron";

    /// <summary>The kind of a trigger on a Redis stream.</summary>
    public const string RedisStream = "redis-stream";

    /// <summary>The kind of a trigger on a Redis list.</summary>
    public const string RedisList = "redis-list";

    /// <summary>The kind of a trigger on a RabbitMQ queue.</summary>
    public const string RabbitMq = "rabbitmq";

    /// <summary>The kind of a trigger on MQTT topics.</summary>
    public const string Mqtt = "mqtt";

    /// <summary>The kind of a trigger on a Kafka topic.</summary>
    public const string Kafka = "kafka";

    /// <summary>The kind of a trigger on signed HTTP requests.</summary>
    public const string Webhook = "webhook";

    /// <summary>What a webhook's path begins with: <c>/webhook/{function}/{trigger}</c>.</summary>
    public const string WebhookPrefix = "/webhook/";

    /// <summary>The trigger's kind; empty when none is set, which <see cref="FunctionSpecRules"/> refuse.</summary>
    public static string KindOf(TriggerSpec trigger) => KindsOf(trigger).FirstOrDefault("");

    /// <summary>All kinds that are set, where there must be one.</summary>
    internal static IEnumerable<string> KindsOf(TriggerSpec trigger) =>
        from kind in ((string Name, object? Spec)[])
        [
            (Cron, trigger.Cron), (Topic, trigger.Topic), (RedisStream, trigger.RedisStream), (RedisList, trigger.RedisList), (RabbitMq, trigger.RabbitMq), (Mqtt, trigger.Mqtt),
            (Kafka, trigger.Kafka), (Webhook, trigger.Webhook),
        ]
        where kind.Spec is not null
        select kind.Name;

    /// <summary>The trigger's name within its function: its own, else that of its topic, else its kind's. Only a topic's has a dot.</summary>
    public static string NameOf(TriggerSpec trigger) => trigger.Name ?? trigger.Topic ?? KindOf(trigger);

    /// <summary>The trigger's id, unique on the platform: <c>{function}/{name}</c>.</summary>
    public static string IdOf(string function, TriggerSpec trigger) => $"{function}/{NameOf(trigger)}";

    /// <summary>The path of a webhook on the platform's public address.</summary>
    public static string WebhookPathOf(string function, TriggerSpec trigger) => WebhookPrefix + IdOf(function, trigger);

    /// <summary>What the trigger listens to, in a few words: <c>0 8 * * MON-FRI in Europe/Berlin</c>, <c>orders at localhost:5672</c>.</summary>
    public static string SubjectOf(TriggerSpec trigger) => trigger switch
    {
        { Cron: { } cron } => cron.TimeZone == "UTC" ? cron.Schedule : $"{cron.Schedule} in {cron.TimeZone}",
        { RedisStream: { } stream } => $"{stream.Stream} at {BrokerAddress.PlaceOf(stream.Url)}",
        { RedisList: { } list } => $"{list.List} at {BrokerAddress.PlaceOf(list.Url)}",
        { RabbitMq: { } queue } => $"{queue.Queue} at {BrokerAddress.PlaceOf(queue.Url)}",
        { Mqtt: { } topic } => $"{topic.Topic} at {BrokerAddress.PlaceOf(topic.Url)}",
        { Kafka: { } topic } => $"{topic.Topic} at {topic.Servers}",
        { Webhook: { } webhook } => webhook.Scheme.ToString().ToLowerInvariant(),
        _ => trigger.Topic ?? "",
    };

    /// <summary>The same with what only a deployed trigger has, a webhook's path: <c>github at /webhook/hello/push</c>.</summary>
    public static string SubjectOf(string function, TriggerSpec trigger) =>
        trigger.Webhook is null ? SubjectOf(trigger) : $"{SubjectOf(trigger)} at {WebhookPathOf(function, trigger)}";

    /// <summary>Everything that a trigger's spec may name secrets in.</summary>
    public static IEnumerable<string> SecretTextsOf(TriggerSpec trigger) =>
        from text in (string?[])
        [
            trigger.RedisStream?.Url, trigger.RedisList?.Url, trigger.RabbitMq?.Url, trigger.Mqtt?.Url, trigger.Kafka?.Servers, trigger.Kafka?.User, trigger.Kafka?.Password,
            trigger.Webhook?.Secret,
        ]
        where text is not null
        select text;

    /// <summary>The secrets that a trigger's spec names, each once.</summary>
    public static IEnumerable<string> SecretsOf(TriggerSpec trigger) => SecretTextsOf(trigger).SelectMany(SecretText.NamesIn).Distinct(StringComparer.Ordinal);
}
