using Faas.Contracts.Functions;
using Faas.Events.Triggers;
using Faas.Storage;

namespace Faas.Events.RabbitMq;

/// <summary>Triggers on RabbitMQ queues.</summary>
internal sealed class RabbitMqKind : ITriggerKind
{
    public string Name => TriggerNames.RabbitMq;

    public string? ProblemOf(string id, TriggerSpec spec) => null;

    public ITriggerSource CreateSource() => new RabbitMqSource();

    public TriggerEvent? EventNow(TriggerKey key, TriggerSpec spec, DateTimeOffset now) => null;
}
