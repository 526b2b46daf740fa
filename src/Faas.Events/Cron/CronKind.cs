using System.Text;
using System.Text.Json;
using Faas.Contracts.Functions;
using Faas.Events.Triggers;
using Faas.Storage;
using Microsoft.Extensions.Logging;

namespace Faas.Events.Cron;

/// <summary>Triggers with a schedule.</summary>
internal sealed class CronKind(ILogger<CronSource> logger) : ITriggerKind
{
    private const string EventType = "faas.cron.fired";

    public string Name => TriggerNames.Cron;

    public string? ProblemOf(string id, TriggerSpec spec) =>
        spec.Cron is { } cron && !CronSchedule.TryParse(id, cron, out _, out var problem) ? $"cron.schedule: {problem}" : null;

    public ITriggerSource CreateSource() => new CronSource(logger);

    /// <summary>What waits for its turn is left out, and what comes due until the trigger is resumed.</summary>
    public string? StateWhenPaused(string id, TriggerSpec spec, string? state, DateTimeOffset now) =>
        CronStateText.Write(CronCursor.Decide(ScheduleOf(id, spec), CronStateText.Read(state), new CronLook(now, IsPreviousOpen: false, IsPaused: true)).State);

    public TriggerEvent EventNow(TriggerKey key, TriggerSpec spec, DateTimeOffset now) => EventOf(key, spec, CronFiring.ManualIdOf(key.Id, now), now);

    /// <summary>The schedule of a deployed trigger.</summary>
    /// <exception cref="InvalidOperationException">It cannot be used: an earlier version has let it through.</exception>
    public static CronSchedule ScheduleOf(string id, TriggerSpec spec) =>
        CronSchedule.TryParse(id, spec.Cron!, out var schedule, out var problem) ? schedule : throw new InvalidOperationException(problem);   // of this kind, so Cron is set

    /// <summary>What the function is given for an occurrence. The same whenever it is made, as its id is.</summary>
    public static TriggerEvent EventOf(TriggerKey key, TriggerSpec spec, string id, DateTimeOffset scheduledAt)
    {
        var attributes = CloudEventText.Attributes(id, $"/triggers/{key.Id}", EventType, scheduledAt);
        var data = spec.Cron!.Payload is { } payload ? Encoding.UTF8.GetBytes(payload) : WriteTimes(spec.Cron, attributes["time"]);
        return new TriggerEvent(CloudEventText.Write(attributes, "application/json", data)) { Id = id };
    }

    private static byte[] WriteTimes(CronSpec spec, string scheduledAt)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("scheduledAt", scheduledAt);
            json.WriteString("schedule", spec.Schedule);
            json.WriteString("timeZone", spec.TimeZone);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
