namespace Faas.Contracts.Functions;

/// <summary>A Kafka topic whose messages invoke the function, read by a consumer group. An offset is committed once the invocations up to it have ended.</summary>
public sealed record KafkaSpec
{
    /// <summary>The brokers to begin with: <c>host:port[,host:port]</c>. May name secrets (<see cref="SecretText"/>).</summary>
    public required string Servers { get; init; }

    /// <summary>The topic.</summary>
    public required string Topic { get; init; }

    /// <summary>The consumer group. Default null: <c>faas.{function}.{trigger}</c>, so that each trigger gets every message.</summary>
    public string? Group { get; init; }

    /// <summary>Where a group begins that has no offset yet. Default <see cref="StartAt.Beginning"/>: nothing is left out unless the user says so.</summary>
    public StartAt From { get; set; } = StartAt.Beginning;

    /// <summary>Messages of one partition under way at the same time, 1 to 1,000. Default 1: they keep their order.</summary>
    public int Concurrency { get; set; } = 1;

    /// <summary>User name; null for none.</summary>
    public string? User { get; init; }

    /// <summary>Password; may name a secret. Null for none.</summary>
    public string? Password { get; init; }

    /// <summary>How the user is proved. Default <see cref="KafkaMechanism.Plain"/>; used with <see cref="User"/> only.</summary>
    public KafkaMechanism Mechanism { get; set; } = KafkaMechanism.Plain;

    /// <summary>Whether the connection is encrypted. Default false.</summary>
    public bool Tls { get; init; }

    /// <summary>A topic for messages whose invocations fail for good. Default null: they are the platform's dead letters (<c>faas dlq</c>).</summary>
    public string? DeadLetter { get; init; }
}

/// <summary>How a user proves to Kafka who it is (SASL).</summary>
public enum KafkaMechanism
{
    /// <summary>PLAIN: the password itself; use it with TLS.</summary>
    Plain,

    /// <summary>SCRAM-SHA-256.</summary>
    ScramSha256,

    /// <summary>SCRAM-SHA-512.</summary>
    ScramSha512,
}
