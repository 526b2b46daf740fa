using Faas.Contracts.Functions;
using Faas.Events.Triggers;
using Faas.Storage;
using Microsoft.Extensions.Logging;

namespace Faas.Events.Kafka;

/// <summary>Triggers on Kafka's topics.</summary>
internal sealed class KafkaKind(ILogger<KafkaSource> logger) : ITriggerKind
{
    public string Name => TriggerNames.Kafka;

    public string? ProblemOf(string id, TriggerSpec spec) => null;

    public ITriggerSource CreateSource() => new KafkaSource(logger);

    public TriggerEvent? EventNow(TriggerKey key, TriggerSpec spec, DateTimeOffset now) => null;
}
