namespace Faas.Contracts.Functions;

/// <summary>The limits of brokers' triggers; a part of <see cref="FunctionSpecRules"/>.</summary>
internal static class BrokerSpecRules
{
    private const int NameLengthMax = 255;

    /// <summary>Tells <paramref name="require"/> (whether it holds, field, sentence) about each rule; <paramref name="field"/> is the trigger's place in the manifest.</summary>
    public static void Check(TriggerSpec trigger, string field, Action<bool, string, string> require)
    {
        switch (trigger)
        {
            case { RedisStream: { } stream }: Check(stream, new Rules($"{field}.redisStream", require)); break;
            case { RedisList: { } list }: Check(list, new Rules($"{field}.redisList", require)); break;
            case { RabbitMq: { } queue }: Check(queue, new Rules($"{field}.rabbitmq", require)); break;
            case { Mqtt: { } topic }: Check(topic, new Rules($"{field}.mqtt", require)); break;
            case { Kafka: { } topic }: Check(topic, new Rules($"{field}.kafka", require)); break;
            case { Webhook: { } webhook }: Check(webhook, new Rules($"{field}.webhook", require)); break;
        }
    }

    private static void Check(RedisStreamSpec spec, Rules rules)
    {
        rules.Url(spec.Url, "redis://localhost:6379", "redis", "rediss");
        rules.Name("stream", spec.Stream);
        rules.OptionalName("group", spec.Group);
        rules.Choice("from", spec.From, "beginning or end");
        rules.Count("batchSize", spec.BatchSize, 1000);
        rules.Time("batchWindow", spec.BatchWindow, TimeSpan.Zero, TimeSpan.FromMinutes(5), "0s to 5m");
        rules.Count("concurrency", spec.Concurrency, 1000);
        rules.Time("reclaimAfter", spec.ReclaimAfter, TimeSpan.FromSeconds(1), TimeSpan.FromHours(24), "1s to 24h");
        rules.OptionalName("deadLetter", spec.DeadLetter);
        rules.Differs("deadLetter", spec.DeadLetter, spec.Stream);
    }

    private static void Check(RedisListSpec spec, Rules rules)
    {
        rules.Url(spec.Url, "redis://localhost:6379", "redis", "rediss");
        rules.Name("list", spec.List);
        rules.Choice("take", spec.Take, "left or right");
        rules.Count("concurrency", spec.Concurrency, 1000);
        rules.OptionalName("deadLetter", spec.DeadLetter);
        rules.Differs("deadLetter", spec.DeadLetter, spec.List);
    }

    private static void Check(RabbitMqSpec spec, Rules rules)
    {
        rules.Url(spec.Url, "amqp://localhost:5672", "amqp", "amqps");
        rules.Name("queue", spec.Queue);
        rules.OptionalName("exchange", spec.Exchange);
        rules.OptionalName("routingKey", spec.RoutingKey);
        rules.Holds("routingKey", spec.RoutingKey is null || spec.Exchange is not null, "binds the queue to an exchange; name the exchange as well");
        rules.Count("prefetch", spec.Prefetch, 1000);
        rules.OptionalName("deadLetter", spec.DeadLetter);
    }

    private static void Check(MqttSpec spec, Rules rules)
    {
        rules.Url(spec.Url, "mqtt://localhost:1883", "mqtt", "mqtts");
        rules.Name("topic", spec.Topic);
        rules.Holds("topic", spec.Topic?.StartsWith('$') != true, "must not begin with '$'; name a shared subscription's group with 'group'");
        rules.OptionalName("group", spec.Group);
        rules.Holds("group", spec.Group is null || spec.Group.AsSpan().IndexOfAny('/', '+', '#') < 0, "must not have '/', '+' or '#'");
        rules.Holds("qos", spec.Qos is >= 0 and <= 2, $"was {spec.Qos}; must be 0, 1 or 2");
        rules.Count("concurrency", spec.Concurrency, 1000);
        rules.OptionalName("clientId", spec.ClientId);
        rules.Time("sessionExpiry", spec.SessionExpiry, TimeSpan.Zero, TimeSpan.FromDays(30), "0s to 30d");
        rules.OptionalName("deadLetter", spec.DeadLetter);
        rules.Holds("deadLetter", spec.DeadLetter is null || spec.DeadLetter.AsSpan().IndexOfAny('+', '#') < 0, "must be one topic, without '+' and '#'");
    }

    private static void Check(KafkaSpec spec, Rules rules)
    {
        rules.Holds("servers", spec.Servers is { Length: > 0 and <= 2000 } && spec.Servers.Split(',').All(server => server.Trim().Contains(':', StringComparison.Ordinal)),
            "must be brokers' addresses like localhost:9092, or several with commas between them");
        rules.Name("topic", spec.Topic);
        rules.OptionalName("group", spec.Group);
        rules.Choice("from", spec.From, "beginning or end");
        rules.Count("concurrency", spec.Concurrency, 1000);
        rules.OptionalName("user", spec.User);
        rules.Holds("password", (spec.User is null) == (spec.Password is null), "and 'user' belong together; write both or none");
        rules.Choice("mechanism", spec.Mechanism, "plain, scramsha256 or scramsha512");
        rules.OptionalName("deadLetter", spec.DeadLetter);
        rules.Differs("deadLetter", spec.DeadLetter, spec.Topic);
    }

    private static void Check(WebhookSpec spec, Rules rules)
    {
        rules.Choice("scheme", spec.Scheme, "github, stripe, standard or hmac");
        rules.Holds("secret", !string.IsNullOrWhiteSpace(spec.Secret), "must be what requests are signed with: a secret like ${GITHUB_SECRET}, which `faas secret set GITHUB_SECRET` makes");
        var isOwn = spec.Scheme == WebhookScheme.Hmac;
        rules.OptionalName("header", spec.Header);
        rules.OptionalName("idHeader", spec.IdHeader);
        rules.Holds("header", isOwn || (spec.Header is null && spec.Prefix is null && spec.IdHeader is null), "'prefix' and 'idHeader' are for the scheme hmac only; the others say themselves how they sign");
        rules.Choice("hash", spec.Hash, "sha1, sha256 or sha512");
        rules.Choice("encoding", spec.Encoding, "hex or base64");
        rules.Time("tolerance", spec.Tolerance, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), "1s to 1h");
    }

    /// <summary>The rules of one trigger, which name its settings.</summary>
    private readonly struct Rules(string field, Action<bool, string, string> require)
    {
        private readonly string _field = field;
        private readonly Action<bool, string, string> _require = require;

        public void Holds(string setting, bool holds, string sentence) => _require(holds, $"{_field}.{setting}", $"'{setting}' {sentence}");

        public void Url(string? url, string example, params ReadOnlySpan<string> schemes) => Holds("url", BrokerAddress.IsValid(url, schemes), $"must be an address like {example}");

        public void Name(string setting, string? name) => Holds(setting, name is { Length: > 0 and <= NameLengthMax } && !name.Any(char.IsControl), $"must have 1 to {NameLengthMax} characters");

        public void OptionalName(string setting, string? name)
        {
            if (name is not null)
            {
                Name(setting, name);
            }
        }

        public void Count(string setting, int count, int most) => Holds(setting, count >= 1 && count <= most, $"was {count}; must be 1 to {most:N0}");

        public void Time(string setting, TimeSpan time, TimeSpan least, TimeSpan most, string range) => Holds(setting, time >= least && time <= most, $"was {time}; must be {range}");

        public void Choice<T>(string setting, T value, string choices)
            where T : struct, Enum =>
            Holds(setting, Enum.IsDefined(value), $"must be {choices}");

        public void Differs(string setting, string? one, string? other) => Holds(setting, one is null || one != other, "must not be what the trigger reads: failed messages would come again and again");
    }
}
