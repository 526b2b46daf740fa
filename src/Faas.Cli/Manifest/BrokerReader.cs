using Faas.Contracts.Functions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Faas.Cli.Manifest;

/// <summary>Reads the settings of a trigger that listens to a broker or to webhooks: <c>rabbitmq: {url: amqp://localhost, queue: orders}</c>.</summary>
internal sealed class BrokerReader(SettingValues values, Dictionary<string, Mark> marks)
{
    private const string Text = "text";
    private const string Duration = "a duration like 30s or 5m";

    public RedisStreamSpec? RedisStream(string field, YamlNode value) => Read(
        field, "redisStream", value, "{url: redis://localhost:6379, stream: orders}", new RedisStreamSpec { Url = "", Stream = "" }, new()
        {
            ["url"] = (spec, node) => spec with { Url = Written("url", node) },
            ["stream"] = (spec, node) => spec with { Stream = Written("stream", node) },
            ["group"] = (spec, node) => spec with { Group = Written("group", node) },
            ["from"] = (spec, node) => values.Choice<StartAt>("from", node, "beginning or end") is { } from ? spec with { From = from } : spec,
            ["batchSize"] = (spec, node) => values.Whole("batchSize", node) is { } size ? spec with { BatchSize = size } : spec,
            ["batchWindow"] = (spec, node) => values.Duration("batchWindow", node, Duration) is { } window ? spec with { BatchWindow = window } : spec,
            ["concurrency"] = (spec, node) => values.Whole("concurrency", node) is { } count ? spec with { Concurrency = count } : spec,
            ["reclaimAfter"] = (spec, node) => values.Duration("reclaimAfter", node, Duration) is { } after ? spec with { ReclaimAfter = after } : spec,
            ["deadLetter"] = (spec, node) => spec with { DeadLetter = Written("deadLetter", node) },
        });

    public RedisListSpec? RedisList(string field, YamlNode value) => Read(
        field, "redisList", value, "{url: redis://localhost:6379, list: jobs}", new RedisListSpec { Url = "", List = "" }, new()
        {
            ["url"] = (spec, node) => spec with { Url = Written("url", node) },
            ["list"] = (spec, node) => spec with { List = Written("list", node) },
            ["take"] = (spec, node) => values.Choice<ListEnd>("take", node, "left or right") is { } end ? spec with { Take = end } : spec,
            ["concurrency"] = (spec, node) => values.Whole("concurrency", node) is { } count ? spec with { Concurrency = count } : spec,
            ["deadLetter"] = (spec, node) => spec with { DeadLetter = Written("deadLetter", node) },
        });

    public RabbitMqSpec? RabbitMq(string field, YamlNode value) => Read(
        field, "rabbitmq", value, "{url: amqp://localhost:5672, queue: orders}", new RabbitMqSpec { Url = "", Queue = "" }, new()
        {
            ["url"] = (spec, node) => spec with { Url = Written("url", node) },
            ["queue"] = (spec, node) => spec with { Queue = Written("queue", node) },
            ["exchange"] = (spec, node) => spec with { Exchange = Written("exchange", node) },
            ["routingKey"] = (spec, node) => spec with { RoutingKey = Written("routingKey", node) },
            ["prefetch"] = (spec, node) => values.Whole("prefetch", node) is { } count ? spec with { Prefetch = count } : spec,
            ["deadLetter"] = (spec, node) => spec with { DeadLetter = Written("deadLetter", node) },
        });

    public MqttSpec? Mqtt(string field, YamlNode value) => Read(
        field, "mqtt", value, "{url: mqtt://localhost:1883, topic: sensors/#}", new MqttSpec { Url = "", Topic = "" }, new()
        {
            ["url"] = (spec, node) => spec with { Url = Written("url", node) },
            ["topic"] = (spec, node) => spec with { Topic = Written("topic", node) },
            ["group"] = (spec, node) => spec with { Group = Written("group", node) },
            ["qos"] = (spec, node) => values.Whole("qos", node) is { } qos ? spec with { Qos = qos } : spec,
            ["concurrency"] = (spec, node) => values.Whole("concurrency", node) is { } count ? spec with { Concurrency = count } : spec,
            ["clientId"] = (spec, node) => spec with { ClientId = Written("clientId", node) },
            ["sessionExpiry"] = (spec, node) => values.Duration("sessionExpiry", node, Duration) is { } expiry ? spec with { SessionExpiry = expiry } : spec,
            ["deadLetter"] = (spec, node) => spec with { DeadLetter = Written("deadLetter", node) },
        });

    public KafkaSpec? Kafka(string field, YamlNode value) => Read(
        field, "kafka", value, "{servers: localhost:9092, topic: orders}", new KafkaSpec { Servers = "", Topic = "" }, new()
        {
            ["servers"] = (spec, node) => spec with { Servers = Written("servers", node) },
            ["topic"] = (spec, node) => spec with { Topic = Written("topic", node) },
            ["group"] = (spec, node) => spec with { Group = Written("group", node) },
            ["from"] = (spec, node) => values.Choice<StartAt>("from", node, "beginning or end") is { } from ? spec with { From = from } : spec,
            ["concurrency"] = (spec, node) => values.Whole("concurrency", node) is { } count ? spec with { Concurrency = count } : spec,
            ["user"] = (spec, node) => spec with { User = Written("user", node) },
            ["password"] = (spec, node) => spec with { Password = Written("password", node) },
            ["mechanism"] = (spec, node) => values.Choice<KafkaMechanism>("mechanism", node, "plain, scramsha256 or scramsha512") is { } mechanism ? spec with { Mechanism = mechanism } : spec,
            ["tls"] = (spec, node) => values.Switch("tls", node) is { } tls ? spec with { Tls = tls } : spec,
            ["deadLetter"] = (spec, node) => spec with { DeadLetter = Written("deadLetter", node) },
        });

    public WebhookSpec? Webhook(string field, YamlNode value) => Read(
        field, "webhook", value, "{scheme: github, secret: \"${GITHUB_SECRET}\"}", new WebhookSpec { Scheme = (WebhookScheme)(-1), Secret = "" }, new()
        {
            ["scheme"] = (spec, node) => values.Choice<WebhookScheme>("scheme", node, "github, stripe, standard or hmac") is { } scheme ? spec with { Scheme = scheme } : spec,
            ["secret"] = (spec, node) => spec with { Secret = Written("secret", node) },
            ["header"] = (spec, node) => spec with { Header = Written("header", node) },
            ["hash"] = (spec, node) => values.Choice<WebhookHash>("hash", node, "sha1, sha256 or sha512") is { } hash ? spec with { Hash = hash } : spec,
            ["encoding"] = (spec, node) => values.Choice<WebhookEncoding>("encoding", node, "hex or base64") is { } encoding ? spec with { Encoding = encoding } : spec,
            ["prefix"] = (spec, node) => spec with { Prefix = Written("prefix", node) },
            ["idHeader"] = (spec, node) => spec with { IdHeader = Written("idHeader", node) },
            ["tolerance"] = (spec, node) => values.Duration("tolerance", node, Duration) is { } tolerance ? spec with { Tolerance = tolerance } : spec,
        });

    private string Written(string field, YamlNode node) => values.Scalar(field, node, Text) ?? "";

    /// <summary>The settings; null when there are none. Where each is goes to the marks, under what the rules call it; what is not written is where the settings begin.</summary>
    private T? Read<T>(string field, string kind, YamlNode value, string example, T spec, Dictionary<string, Func<T, YamlNode, T>> settings)
        where T : class
    {
        if (value is not YamlMappingNode mapping)
        {
            values.Problem(value.Start, $"'{kind}' must have settings, like {example}");
            return null;
        }

        foreach (var name in settings.Keys)
        {
            marks[$"{field}.{kind}.{name}"] = value.Start;
        }

        foreach (var (key, setting) in mapping.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            if (settings.TryGetValue(name, out var read))
            {
                marks[$"{field}.{kind}.{name}"] = setting.Start;
                spec = read(spec, setting);
            }
            else
            {
                values.Problem(key.Start, SettingValues.Unknown(key, $"setting of '{kind}'", [.. settings.Keys]));
            }
        }

        return spec;
    }
}
