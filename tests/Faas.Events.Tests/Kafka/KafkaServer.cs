using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Faas.Contracts.Functions;
using Faas.Events.Kafka;
using Faas.LoadTests.Kafka;
using Faas.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Faas.Events.Tests.Kafka;

/// <summary>A Kafka cluster over TCP, and what tests do with it from outside.</summary>
public sealed class KafkaServer : IDisposable
{
    /// <summary>The id of the trigger that <see cref="StartAsync"/> deploys.</summary>
    public const string Trigger = "hello/kafka";

    private readonly MockKafka _mock = new();
    private readonly IProducer<byte[], byte[]> _producer;
    private int _topics;

    public KafkaServer() => _producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = _mock.Servers, LingerMs = 0 }).SetLogHandler((_, _) => { }).Build();

    internal MockKafka Mock => _mock;

    public string Servers => _mock.Servers;

    /// <summary>A new topic.</summary>
    public string NewTopic(int partitions = 1)
    {
        var topic = $"orders-{Interlocked.Increment(ref _topics)}";
        _mock.Create(topic, partitions);
        return topic;
    }

    /// <summary>A trigger on a topic; the group is called as the topic is.</summary>
    internal KafkaSpec Spec(string topic, int concurrency = 1) => new() { Servers = Servers, Topic = topic, Group = topic, Concurrency = concurrency };

    /// <summary>
    /// Starts a platform with a function that has a trigger. The cluster takes a second less than the session for sharing out partitions anew, however soon its members answer, and turns out those
    /// that have not by then; a real one waits for them.
    /// </summary>
    internal static Task<EventsFixture> StartAsync(KafkaSpec spec, AsyncSpec? policy = null, string? folder = null, Action<EventsFixture>? prepare = null, int sessionSeconds = 2) => EventsFixture.StartAsync(
        folder: folder,
        prepare: events =>
        {
            prepare?.Invoke(events);
            events.Functions.Deploy("hello", policy, 1000, [new TriggerSpec { Kafka = spec }]);
        },
        kinds: [new KafkaKind(NullLogger<KafkaSource>.Instance) { Session = TimeSpan.FromSeconds(sessionSeconds) }]);

    public async Task SendAsync(string topic, string? value, int partition = 0, byte[]? key = null, params (string Name, string Value)[] headers)
    {
        var all = new Headers();
        foreach (var header in headers)
        {
            all.Add(header.Name, Encoding.UTF8.GetBytes(header.Value));
        }

        var message = new Message<byte[], byte[]> { Key = key!, Value = value is null ? null! : Encoding.UTF8.GetBytes(value), Headers = all };   // Kafka's client has no nullable references
        await _producer.ProduceAsync(new TopicPartition(topic, partition), message, EventsFixture.Ct);
    }

    /// <summary>Sends numbers, from 0 on, to one partition.</summary>
    public Task SendManyAsync(string topic, int count, int partition = 0) => Task.WhenAll(Enumerable.Range(0, count).Select(i => SendAsync(topic, $"{i}", partition)));

    /// <summary>The offset that a group has committed; null for none.</summary>
    public long? Committed(string group, int partition = 0, string? topic = null)
    {
        using var consumer = Consumer(group);
        var offset = consumer.Committed([new TopicPartition(topic ?? group, partition)], TimeSpan.FromSeconds(10))[0].Offset;
        return offset == Offset.Unset ? null : offset.Value;
    }

    /// <summary>What is in the first partition of a topic.</summary>
    public List<Message<byte[], byte[]>> Read(string topic)
    {
        using var consumer = Consumer("reader");
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        var messages = new List<Message<byte[], byte[]>>();
        while (consumer.Consume(TimeSpan.FromSeconds(10)) is { IsPartitionEOF: false } result)
        {
            messages.Add(result.Message);
        }

        return messages;
    }

    /// <summary>Waits for the end of a platform whose deliveries do not end: its clock goes on, but not so fast that it has no time to leave its group.</summary>
    internal static async Task PassAsync(EventsFixture events, Task task)
    {
        await Eventually.HoldsAsync(() => task.IsCompleted, events, TimeSpan.FromMilliseconds(50));
        await task;
    }

    /// <summary>The text that an event carries.</summary>
    internal static string DataOf(Claim claim) => JsonOf(claim).GetProperty("data").ToString();

    /// <summary>An event.</summary>
    internal static JsonElement JsonOf(Claim claim) => JsonDocument.Parse(claim.Body).RootElement;

    public void Dispose()
    {
        _producer.Dispose();
        _mock.Dispose();
    }

    private IConsumer<byte[], byte[]> Consumer(string group) =>
        new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = Servers, GroupId = group, EnablePartitionEof = true, EnableAutoCommit = false }).SetLogHandler((_, _) => { }).Build();
}
