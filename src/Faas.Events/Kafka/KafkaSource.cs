using Confluent.Kafka;
using Faas.Events.Brokers;
using Faas.Events.Triggers;
using Microsoft.Extensions.Logging;

namespace Faas.Events.Kafka;

/// <summary>Reads a topic as a member of a group, and commits offsets once the invocations up to them have ended.</summary>
/// <param name="logger">For what Kafka's client logs.</param>
/// <param name="session">As <see cref="KafkaSettings.Session"/>.</param>
internal sealed class KafkaSource(ILogger logger, TimeSpan session) : ITriggerSource
{
    private const string EventType = "faas.kafka.message";

    public async Task RunAsync(TriggerContext context, CancellationToken ct)
    {
        var settings = await KafkaSettings.ReadAsync(context, session, ct);
        var log = new KafkaLog(logger, context.Key.Id);
        using var deadLetters = settings.Spec.DeadLetter is null ? null : new KafkaDeadLetters(settings, log);
        await using var reader = new KafkaReader(settings, new KafkaHealth(context.Status, settings), log, DeliveriesOf(context, deadLetters));

        // The window is as large as it can be: each partition sees for itself how much of it is under way.
        await DeliveryWindow.RunAsync(
            int.MaxValue,
            context.Time,
            async window =>
            {
                await using var lag = LagMeter.Start(context, _ => Task.FromResult(reader.MeasureLag()));
                await reader.RunAsync(window);
            },
            ct);
    }

    private static Func<ConsumeResult<byte[], byte[]>, CancellationToken, Task> DeliveriesOf(TriggerContext context, KafkaDeadLetters? deadLetters)
    {
        var events = new MessageEvents(context, EventType);
        if (deadLetters is null)
        {
            var deliveries = new MessageDeliveries(context, events, null);
            return (result, ct) => deliveries.DeliverAsync(KafkaMessages.Read(result), ct);
        }

        return (result, ct) => new MessageDeliveries(context, events, deadLetters.For(result)).DeliverAsync(KafkaMessages.Read(result), ct);
    }
}
