namespace Faas.Contracts.Functions;

/// <summary>What triggers are called.</summary>
public static class TriggerNames
{
    /// <summary>The kind of a trigger on a built-in topic.</summary>
    public const string Topic = "topic";

    /// <summary>The kind of a trigger with a schedule.</summary>
    public const string Cron = "cron";

    /// <summary>The trigger's kind; empty when none is set, which <see cref="FunctionSpecRules"/> refuse.</summary>
    public static string KindOf(TriggerSpec trigger) => trigger.Topic is not null ? Topic : trigger.Cron is not null ? Cron : "";

    /// <summary>The trigger's name within its function: its own, else that of its topic, else its kind's. Only a topic's has a dot.</summary>
    public static string NameOf(TriggerSpec trigger) => trigger.Name ?? trigger.Topic ?? KindOf(trigger);

    /// <summary>The trigger's id, unique on the platform: <c>{function}/{name}</c>.</summary>
    public static string IdOf(string function, TriggerSpec trigger) => $"{function}/{NameOf(trigger)}";

    /// <summary>What the trigger listens to, in a few words: <c>0 8 * * MON-FRI in Europe/Berlin</c>, <c>orders</c>.</summary>
    public static string SubjectOf(TriggerSpec trigger) =>
        trigger.Cron is { } cron ? cron.TimeZone == "UTC" ? cron.Schedule : $"{cron.Schedule} in {cron.TimeZone}" : trigger.Topic ?? "";
}
