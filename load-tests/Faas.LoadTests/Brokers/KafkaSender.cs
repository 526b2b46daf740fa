using Confluent.Kafka;

namespace Faas.LoadTests.Brokers;

/// <summary>Produces messages, each acknowledged by all replicas.</summary>
internal sealed class KafkaSender(string servers, string topic) : IEventSender
{
    private readonly IProducer<string, string> _producer =
        new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = servers, Acks = Acks.All, LingerMs = 0, MessageTimeoutMs = 30_000 }).SetLogHandler((_, _) => { }).Build();

    public async Task<bool> SendAsync(string token, CancellationToken cancellationToken)
    {
        try
        {
            var result = await _producer.ProduceAsync(topic, new Message<string, string> { Key = token, Value = token }, cancellationToken);
            return result.Status == PersistenceStatus.Persisted;
        }
        catch (KafkaException)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync()
    {
        _producer.Dispose();
        return ValueTask.CompletedTask;
    }
}
