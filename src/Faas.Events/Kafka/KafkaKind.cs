using Faas.Contracts.Functions;
using Faas.Events.Triggers;
using Faas.Storage;
using Microsoft.Extensions.Logging;

namespace Faas.Events.Kafka;

/// <summary>Triggers on Kafka's topics.</summary>
internal sealed class KafkaKind(ILogger<KafkaSource> logger) : ITriggerKind
{
    /// <summary>As <see cref="KafkaSettings.Session"/>. 10 s: after a crash the partitions are read again soon. Kafka's clients have 45 s, and brokers allow 6 s or more.</summary>
    public TimeSpan Session { get; init; } = TimeSpan.FromSeconds(10);

    public string Name => TriggerNames.Kafka;

    public string? ProblemOf(string id, TriggerSpec spec) => null;

    public ITriggerSource CreateSource() => new KafkaSource(logger, Session);

    public TriggerEvent? EventNow(TriggerKey key, TriggerSpec spec, DateTimeOffset now) => null;
}
