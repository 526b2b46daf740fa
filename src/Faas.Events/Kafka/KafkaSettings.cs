using Confluent.Kafka;
using Faas.Contracts.Functions;
using Faas.Events.Triggers;

namespace Faas.Events.Kafka;

/// <summary>What Kafka's clients of one trigger are configured with, secrets filled in.</summary>
internal sealed record KafkaSettings
{
    /// <summary>What the user wrote.</summary>
    public required KafkaSpec Spec { get; init; }

    /// <summary>The brokers to begin with.</summary>
    public required string Servers { get; init; }

    /// <summary>The consumer group.</summary>
    public required string Group { get; init; }

    /// <summary>What brokers' logs know this client by.</summary>
    public required string ClientId { get; init; }

    /// <summary>User name; null for none.</summary>
    public string? User { get; init; }

    /// <summary>Password; null for none.</summary>
    public string? Password { get; init; }

    /// <summary>How long the group waits for a sign of life before it gives this member's partitions to others. They come from a thread of the client's own, whatever functions do.</summary>
    public required TimeSpan Session { get; init; }

    /// <summary>What is said of where it is: as the user wrote it, without secrets.</summary>
    public string Place => Spec.Servers;

    /// <summary>The settings of a trigger.</summary>
    /// <exception cref="Brokers.BrokerException">There is no such secret.</exception>
    public static async Task<KafkaSettings> ReadAsync(TriggerContext context, TimeSpan session, CancellationToken ct)
    {
        var spec = context.Spec.Kafka!;   // of this kind, so Kafka is set
        return new KafkaSettings
        {
            Spec = spec,
            Servers = await context.FillAsync(spec.Servers, ct),
            Group = spec.Group ?? $"faas.{context.Key.Id.Replace('/', '.')}",
            Session = session,
            ClientId = $"faas-{context.Key.Id.Replace('/', '-')}",
            User = spec.User is null ? null : await context.FillAsync(spec.User, ct),
            Password = spec.Password is null ? null : await context.FillAsync(spec.Password, ct),
        };
    }

    /// <summary>Of the consumer. It commits what it is told to and nothing else.</summary>
    public ConsumerConfig ForConsumer() => new(ForAll())
    {
        GroupId = Group,
        EnableAutoCommit = false,
        EnableAutoOffsetStore = false,

        // Also where a group begins that starts at the end: it has offsets of its own from the first moment (KafkaBeginning), so this is for partitions that were added since, and for offsets
        // that Kafka keeps no messages of any more. Nothing that came after the group's beginning is left out.
        AutoOffsetReset = AutoOffsetReset.Earliest,
        EnablePartitionEof = true,   // tells how far the partition goes where it ends with what are no messages: marks of transactions
        PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
        SessionTimeoutMs = (int)Session.TotalMilliseconds,
        HeartbeatIntervalMs = (int)(Session / 4).TotalMilliseconds,
        TopicMetadataRefreshIntervalMs = 60_000,

        // What is fetched ahead. Little, because it is fetched again when a partition goes on that was paused (KafkaPartition); a larger message comes all the same.
        MaxPartitionFetchBytes = 262_144,
        QueuedMinMessages = 1_000,
        QueuedMaxMessagesKbytes = 16_384,
    };

    /// <summary>Of the producer for dead letters: what it has said to be written is written, once, on all replicas.</summary>
    public ProducerConfig ForProducer() => new(ForAll())
    {
        EnableIdempotence = true,
        Acks = Acks.All,
        LingerMs = 0,
        MessageTimeoutMs = 30_000,
    };

    private ClientConfig ForAll() => new()
    {
        BootstrapServers = Servers,
        ClientId = ClientId,
        SecurityProtocol = (Spec.Tls, User is not null) switch
        {
            (false, false) => SecurityProtocol.Plaintext,
            (true, false) => SecurityProtocol.Ssl,
            (false, true) => SecurityProtocol.SaslPlaintext,
            (true, true) => SecurityProtocol.SaslSsl,
        },
        SaslMechanism = User is null ? null : Spec.Mechanism switch
        {
            KafkaMechanism.ScramSha256 => SaslMechanism.ScramSha256,
            KafkaMechanism.ScramSha512 => SaslMechanism.ScramSha512,
            _ => SaslMechanism.Plain,
        },
        SaslUsername = User,
        SaslPassword = Password,
        SocketKeepaliveEnable = true,
        SocketTimeoutMs = 20_000,
        ReconnectBackoffMs = 250,
        ReconnectBackoffMaxMs = 3_000,
    };
}
