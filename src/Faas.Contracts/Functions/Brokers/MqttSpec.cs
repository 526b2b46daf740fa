namespace Faas.Contracts.Functions;

/// <summary>MQTT 5 messages that invoke the function. A message is acknowledged (QoS 1) once its invocation has ended; the broker keeps what comes while nobody is there.</summary>
public sealed record MqttSpec
{
    /// <summary><c>mqtt://[user[:password]@]host[:port]</c>, or <c>mqtts://</c> for TLS. May name secrets (<see cref="SecretText"/>).</summary>
    public required string Url { get; init; }

    /// <summary>The topic filter, for example <c>sensors/+/temperature</c>.</summary>
    public required string Topic { get; init; }

    /// <summary>The group of a shared subscription, whose members share the messages (<c>$share/{group}/{topic}</c>). Default null: not shared.</summary>
    public string? Group { get; init; }

    /// <summary>Quality of service of the subscription, 0 to 2. Default 1: with 0 messages can be lost between broker and platform.</summary>
    public int Qos { get; set; } = 1;

    /// <summary>Messages under way at the same time, which is what the broker sends ahead of acknowledgements, 1 to 1,000. Default 20.</summary>
    public int Concurrency { get; set; } = 20;

    /// <summary>The client's id, which its session goes by, unique at the broker. Default null: <c>faas-{function}-{trigger}</c>.</summary>
    public string? ClientId { get; init; }

    /// <summary>How long the broker keeps the session, and with it messages, while the platform is away, 0 s to 30 days. Default 1 day.</summary>
    public TimeSpan SessionExpiry { get; set; } = TimeSpan.FromDays(1);

    /// <summary>A topic for messages whose invocations fail for good. Default null: they are the platform's dead letters (<c>faas dlq</c>).</summary>
    public string? DeadLetter { get; init; }
}
