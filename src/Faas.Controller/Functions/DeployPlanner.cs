using System.Globalization;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;

namespace Faas.Controller.Functions;

/// <summary>Says what a deploy would change, field by field.</summary>
internal static class DeployPlanner
{
    public static DeployPlan Plan(FunctionSpec? serving, FunctionSpec wanted)
    {
        if (serving is null)
        {
            return new DeployPlan(wanted.Name, "create", []);
        }

        var changes = new List<FieldChange>();
        var before = Fields(serving);
        foreach (var (field, to) in Fields(wanted))
        {
            var from = before.GetValueOrDefault(field);
            if (from != to)
            {
                changes.Add(new FieldChange(field, from, to));
            }
        }

        foreach (var (field, from) in before)
        {
            if (field.StartsWith("env.", StringComparison.Ordinal) && !wanted.Env.ContainsKey(field[4..]))
            {
                changes.Add(new FieldChange(field, from, null));
            }
        }

        return new DeployPlan(wanted.Name, changes.Count == 0 ? "unchanged" : "update", changes);
    }

    private static Dictionary<string, string?> Fields(FunctionSpec spec)
    {
        var fields = new Dictionary<string, string?>
        {
            ["runtime"] = spec.Runtime,
            ["handler"] = spec.Handler,
            ["code"] = spec.CodeDigest?[..Math.Min(12, spec.CodeDigest.Length)],
            ["command"] = spec.Command.Count == 0 ? null : string.Join(' ', spec.Command),
            ["image"] = spec.Image,
            ["memory"] = spec.MemoryMiB.ToString(CultureInfo.InvariantCulture) + "MiB",
            ["cpu"] = spec.Cpu.ToString(CultureInfo.InvariantCulture),
            ["timeout"] = spec.Timeout.ToString(),
            ["concurrency"] = spec.Concurrency.ToString(CultureInfo.InvariantCulture),
            ["minInstances"] = spec.MinInstances.ToString(CultureInfo.InvariantCulture),
            ["maxInstances"] = spec.MaxInstances.ToString(CultureInfo.InvariantCulture),
            ["minActive"] = spec.MinActive == 0 ? null : spec.MinActive.ToString(CultureInfo.InvariantCulture),
            ["keepAlive"] = spec.KeepAlive?.ToString() ?? "learned",
            ["freeze"] = spec.Freeze ? null : "false",
            ["warm"] = spec.Warm.Count == 0 ? null : string.Join("; ", spec.Warm.Select(w => $"{w.Instances} from '{w.Cron}' {w.TimeZone} for {w.For}")),
            ["network"] = spec.Network.ToString().ToLowerInvariant(),
        };
        AddEvents(fields, spec.Async ?? AsyncSpec.Default, spec.Triggers ?? []);
        foreach (var (key, value) in spec.Env)
        {
            fields["env." + key] = value;
        }

        return fields;
    }

    /// <summary>How its events are run and what sends them. What is not written is its default: writing that down changes nothing.</summary>
    private static void AddEvents(Dictionary<string, string?> fields, AsyncSpec spec, IReadOnlyList<TriggerSpec> triggers)
    {
        fields["async.maxAttempts"] = spec.MaxAttempts.ToString(CultureInfo.InvariantCulture);
        fields["async.backoffMin"] = spec.BackoffMin.ToString();
        fields["async.backoffMax"] = spec.BackoffMax.ToString();
        fields["async.maxAge"] = spec.MaxAge.ToString();
        fields["async.concurrency"] = spec.Concurrency?.ToString(CultureInfo.InvariantCulture);
        fields["async.queueMax"] = spec.QueueMax.ToString(CultureInfo.InvariantCulture);
        fields["async.keepResult"] = spec.KeepResult.ToString();
        fields["async.onSuccess"] = Written(spec.OnSuccess);
        fields["async.onFailure"] = Written(spec.OnFailure);
        fields["triggers"] = triggers.Count == 0 ? null : string.Join("; ", triggers.Select(Describe));
    }

    private static string? Written(Destination? destination) =>
        destination?.Function is { } function ? "function " + function
        : destination?.Topic is { } topic ? "topic " + topic
        : destination?.Url;

    /// <summary>Everything that is written of it, so that no change is called none.</summary>
    private static string Describe(TriggerSpec trigger) =>
        trigger.Cron is { } cron
            ? $"cron '{cron.Schedule}' {cron.TimeZone}, overlap {cron.Overlap}, catch up {cron.CatchUp} ({cron.CatchUpMax}), jitter {cron.Jitter}{(cron.Payload is null ? "" : ", payload " + cron.Payload)}{As(trigger)}"
            : trigger.Topic is { } topic
                ? $"topic {topic}{As(trigger)}"
                : JsonSerializer.Serialize(trigger, FaasJson.Default.TriggerSpec);

    private static string As(TriggerSpec trigger) => trigger.Name is { } name ? $" as {name}" : "";
}
