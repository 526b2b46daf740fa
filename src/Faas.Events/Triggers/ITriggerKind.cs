using Faas.Contracts.Functions;
using Faas.Storage;

namespace Faas.Events.Triggers;

/// <summary>What there is to know about all triggers of one kind. Stateless.</summary>
internal interface ITriggerKind
{
    /// <summary>As <see cref="TriggerNames.KindOf"/> has it.</summary>
    string Name { get; }

    /// <summary>Why the spec cannot be used, beginning with its field (<c>cron.schedule: ...</c>); null when it can. Asked at deployment, after <see cref="FunctionSpecRules"/>.</summary>
    string? ProblemOf(string id, TriggerSpec spec);

    /// <summary>The source for one run; null when events come by themselves.</summary>
    ITriggerSource? CreateSource();

    /// <summary>The state to keep when the trigger is paused now; by default as it is. No source runs meanwhile.</summary>
    string? StateWhenPaused(string id, TriggerSpec spec, string? state, DateTimeOffset now) => state;

    /// <summary>An event as if there had been one now, for users who want to see what it does; null when only others can make one.</summary>
    TriggerEvent? EventNow(TriggerKey key, TriggerSpec spec, DateTimeOffset now);
}
