using Faas.Contracts.Functions;
using Faas.Events.Triggers;
using Faas.Storage;

namespace Faas.Events;

/// <summary>Triggers on built-in topics. They need no source: what is published is queued for them at once.</summary>
internal sealed class TopicKind : ITriggerKind
{
    public string Name => TriggerNames.Topic;

    public string? ProblemOf(string id, TriggerSpec spec) => null;

    public ITriggerSource? CreateSource() => null;

    public TriggerEvent? EventNow(TriggerKey key, TriggerSpec spec, DateTimeOffset now) => null;
}
