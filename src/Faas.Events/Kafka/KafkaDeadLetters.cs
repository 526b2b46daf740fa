using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Faas.Events.Brokers;

namespace Faas.Events.Kafka;

/// <summary>A topic for messages whose invocations failed for good: with their key, value and headers, and why. Its producer is made when there is the first.</summary>
internal sealed class KafkaDeadLetters(KafkaSettings settings, KafkaLog log) : IDisposable
{
    private readonly Lazy<IProducer<byte[], byte[]>> _producer = new(() => KafkaProblems.Build(
        () => new ProducerBuilder<byte[], byte[]>(settings.ForProducer()).SetErrorHandler((_, _) => { }).SetLogHandler((_, message) => log.Write(message)).Build()));

    /// <summary>The place for one message.</summary>
    public IDeadLetterPlace For(ConsumeResult<byte[], byte[]> result) => new Place(this, result);

    public void Dispose()
    {
        if (_producer.IsValueCreated)
        {
            _producer.Value.Dispose();
        }
    }

    private async Task PutAsync(ConsumeResult<byte[], byte[]> result, string? invocation, string reason, CancellationToken ct)
    {
        var topic = settings.Spec.DeadLetter!;   // made only where it is set
        try
        {
            await _producer.Value.ProduceAsync(topic, new Message<byte[], byte[]> { Key = result.Message.Key, Value = result.Message.Value, Headers = HeadersOf(result, invocation, reason) }, ct);
        }
        catch (ProduceException<byte[], byte[]> exception)
        {
            throw new BrokerException(
                exception.Error.Code is ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic
                    ? $"Kafka at {settings.Place} has no topic '{topic}' for dead letters; create it, or correct 'deadLetter'"
                    : $"a dead letter cannot be written to topic '{topic}' of Kafka at {settings.Place}: {exception.Error.Reason}",
                exception);
        }
    }

    private static Headers HeadersOf(ConsumeResult<byte[], byte[]> result, string? invocation, string reason)
    {
        var headers = new Headers();
        foreach (var header in result.Message.Headers ?? [])
        {
            headers.Add(header.Key, header.GetValueBytes());
        }

        Set(headers, "faas-error", reason);
        Set(headers, "faas-invocation", invocation);
        Set(headers, "faas-topic", result.Topic);
        Set(headers, "faas-partition", result.Partition.Value.ToString(CultureInfo.InvariantCulture));
        Set(headers, "faas-offset", result.Offset.Value.ToString(CultureInfo.InvariantCulture));
        return headers;
    }

    /// <summary>Instead of those of an earlier time, when somebody has sent a dead letter once more.</summary>
    private static void Set(Headers headers, string name, string? value)
    {
        headers.Remove(name);
        if (value is not null)
        {
            headers.Add(name, Encoding.UTF8.GetBytes(value));
        }
    }

    private sealed class Place(KafkaDeadLetters letters, ConsumeResult<byte[], byte[]> result) : IDeadLetterPlace
    {
        public Task PutAsync(BrokerMessage message, string? invocation, string reason, CancellationToken ct) => letters.PutAsync(result, invocation, reason, ct);
    }
}
