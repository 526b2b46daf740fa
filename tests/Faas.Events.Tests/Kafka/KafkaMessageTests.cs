using System.Text;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Events.Tests.Kafka;

/// <summary>What functions are given, and what becomes of messages that cannot be run.</summary>
public sealed class KafkaMessageTests(KafkaServer kafka) : IClassFixture<KafkaServer>
{
    private static readonly AsyncSpec Once = new() { MaxAttempts = 1 };

    [Fact]
    public async Task A_message_is_an_event_that_says_where_it_comes_from()
    {
        var topic = kafka.NewTopic(3);
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic) with { Group = null });
        await kafka.SendAsync(topic, """{"id":7}""", 2, Encoding.UTF8.GetBytes("customer-1"), ("Content-Type", "application/json"), ("trace-id", "abc"));
        await events.Transport.BeganAsync();
        var json = KafkaServer.JsonOf(events.Transport.Ran[0]);
        Assert.Equal("faas.kafka.message", json.GetProperty("type").GetString());
        Assert.Equal("/triggers/hello/kafka", json.GetProperty("source").GetString());
        Assert.Equal(topic, json.GetProperty("subject").GetString());
        Assert.Equal(("2", "0", "customer-1", "abc"), (Text("partition"), Text("offset"), Text("partitionkey"), Text("traceid")));
        Assert.Equal("application/json", Text("datacontenttype"));
        Assert.Equal(7, json.GetProperty("data").GetProperty("id").GetInt32());
        Assert.InRange(TimeProvider.System.GetUtcNow() - json.GetProperty("time").GetDateTimeOffset(), TimeSpan.FromSeconds(-5), TimeSpan.FromMinutes(1));
        await Eventually.HoldsAsync(() => kafka.Committed("faas.hello.kafka", 2, topic) == 1);

        string? Text(string name) => json.GetProperty(name).GetString();
    }

    [Fact]
    public async Task A_key_that_is_no_text_is_base64()
    {
        var topic = kafka.NewTopic();
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic));
        await kafka.SendAsync(topic, "text", 0, [0xff, 0xfe]);
        await events.Transport.BeganAsync();
        Assert.Equal(Convert.ToBase64String([0xff, 0xfe]), KafkaServer.JsonOf(events.Transport.Ran[0]).GetProperty("partitionkey").GetString());
    }

    [Fact]
    public async Task A_tombstone_is_an_event_without_data_that_says_so()
    {
        var topic = kafka.NewTopic();
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic));
        await kafka.SendAsync(topic, null, 0, Encoding.UTF8.GetBytes("customer-1"));
        await events.Transport.BeganAsync();
        var json = KafkaServer.JsonOf(events.Transport.Ran[0]);
        Assert.Equal("true", json.GetProperty("tombstone").GetString());
        Assert.False(json.TryGetProperty("data", out _));
    }

    [Fact]
    public async Task A_CloudEvent_in_binary_mode_passes_through_as_it_is()
    {
        var topic = kafka.NewTopic();
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic));
        await kafka.SendAsync(
            topic, "<x/>", 0, null, ("ce_specversion", "1.0"), ("ce_id", "e1"), ("ce_source", "/shop"), ("ce_type", "order.paid"), ("ce_myext", "ü"), ("content-type", "text/xml"));
        await events.Transport.BeganAsync();
        var json = KafkaServer.JsonOf(events.Transport.Ran[0]);
        Assert.Equal(
            ("1.0", "e1", "/shop", "order.paid", "ü", "text/xml", "<x/>"), (Text("specversion"), Text("id"), Text("source"), Text("type"), Text("myext"), Text("datacontenttype"), Text("data")));
        Assert.False(json.TryGetProperty("partition", out _));

        string? Text(string name) => json.GetProperty(name).GetString();
    }

    [Fact]
    public async Task A_CloudEvent_in_structured_mode_passes_through_as_it_is()
    {
        const string Event = """{"specversion":"1.0","id":"e2","source":"/shop","type":"order.paid","data":{"a":[1,2]}}""";
        var topic = kafka.NewTopic();
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic));
        await kafka.SendAsync(topic, Event, 0, null, ("content-type", "application/cloudevents+json; charset=utf-8"));
        await events.Transport.BeganAsync();
        Assert.Equal(Event, Encoding.UTF8.GetString(events.Transport.Ran[0].Body.Span));
    }

    [Fact]
    public async Task A_message_that_fails_for_good_is_the_platforms_dead_letter_and_committed()
    {
        var topic = kafka.NewTopic();
        await using var events = await FailingAsync(kafka.Spec(topic));
        await kafka.SendAsync(topic, "bad");
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 1);
        Assert.Single(await DeadLettersAsync(events));
    }

    [Fact]
    public async Task With_a_topic_for_dead_letters_they_are_there_as_they_came_and_say_why()
    {
        var (topic, dead) = (kafka.NewTopic(), kafka.NewTopic());
        await using var events = await FailingAsync(kafka.Spec(topic) with { DeadLetter = dead });
        await kafka.SendAsync(topic, "bad", 0, [1, 2, 3], ("trace-id", "abc"), ("faas-error", "of an earlier time"));
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 1);
        var letter = Assert.Single(kafka.Read(dead));
        Assert.Equal([1, 2, 3], letter.Key);
        Assert.Equal("bad", Encoding.UTF8.GetString(letter.Value));
        var headers = letter.Headers.ToLookup(header => header.Key, header => Encoding.UTF8.GetString(header.GetValueBytes()));
        Assert.Equal("abc", headers["trace-id"].Single());
        Assert.Contains("failed", headers["faas-error"].Single(), StringComparison.Ordinal);
        Assert.Equal(events.Transport.Ran[0].Entry.Id, headers["faas-invocation"].Single());
        Assert.Equal((topic, "0", "0"), (headers["faas-topic"].Single(), headers["faas-partition"].Single(), headers["faas-offset"].Single()));
        Assert.Empty(await DeadLettersAsync(events));
    }

    [Fact]
    public async Task A_message_that_is_no_CloudEvent_though_it_says_so_is_a_dead_letter_and_those_behind_it_go_on()
    {
        var topic = kafka.NewTopic();
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic));
        await kafka.SendAsync(topic, "x", 0, null, ("ce_specversion", "1.0"), ("ce_id", "e1"));
        await kafka.SendAsync(topic, "{", 0, null, ("content-type", "application/cloudevents+json"));
        await kafka.SendAsync(topic, "good");
        await events.Transport.BeganAsync();
        Assert.Equal("good", KafkaServer.DataOf(events.Transport.Ran.Single()));
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 3);
        Assert.Equal(["the CloudEvent has no 'source'", "the CloudEvent is not JSON"], (await DeadLettersAsync(events)).Select(letter => letter.Reason!.Split(';', ':')[0]).Order(StringComparer.Ordinal));
        var trigger = await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.Failures == 2);
        Assert.Contains("CloudEvent", trigger.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_topic_for_dead_letters_what_is_no_CloudEvent_is_there_and_named()
    {
        var (topic, dead) = (kafka.NewTopic(), kafka.NewTopic());
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic) with { DeadLetter = dead });
        await kafka.SendAsync(topic, "{", 0, null, ("content-type", "application/cloudevents+json"));
        await kafka.SendAsync(topic, "good");
        await events.Transport.BeganAsync();
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 2);
        var headers = Assert.Single(kafka.Read(dead)).Headers.ToDictionary(header => header.Key, header => Encoding.UTF8.GetString(header.GetValueBytes()));
        Assert.Contains("not JSON", headers["faas-error"], StringComparison.Ordinal);
        Assert.DoesNotContain("faas-invocation", headers.Keys);
        Assert.Contains("not JSON", (await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.Failures == 1)).LastError, StringComparison.Ordinal);
        Assert.Empty(await DeadLettersAsync(events));
    }

    private static Task<EventsFixture> FailingAsync(KafkaSpec spec) => KafkaServer.StartAsync(
        spec, Once, prepare: events => events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Failure(InvocationError.Crashed)));

    private static async Task<IReadOnlyList<Storage.QueuedInvocation>> DeadLettersAsync(EventsFixture events) =>
        await events.Queue.ListAsync(InvocationState.DeadLettered, null, null, 10, EventsFixture.Ct);
}
