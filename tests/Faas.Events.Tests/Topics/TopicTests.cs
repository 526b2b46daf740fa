using System.Text;
using System.Text.Json;
using Faas.Contracts.Invocations;

namespace Faas.Events.Tests;

public sealed class TopicTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_published_reaches_every_function_that_listens_as_a_cloud_event()
    {
        await using var events = await StartAsync();
        var outcome = await PublishAsync(events, "{\"order\":7}", ("content-type", "application/json"));
        Assert.Null(outcome.Refusal);
        Assert.Equal(2, outcome.Invocations.Count);
        foreach (var id in outcome.Invocations)
        {
            await events.EndedAsync(id);
        }

        Assert.Equal(["billing", "shipping"], events.Transport.Ran.Select(claim => claim.Entry.Function).Order());
        using var sent = JsonDocument.Parse(events.Transport.Ran[0].Body);
        Assert.Equal(("1.0", "/topics/orders", outcome.Id, 7),
            (Text(sent, "specversion"), Text(sent, "source"), Text(sent, "id"), sent.RootElement.GetProperty("data").GetProperty("order").GetInt32()));
    }

    [Fact]
    public async Task A_topic_that_nobody_listens_to_takes_nothing()
    {
        await using var events = await StartAsync();
        Assert.Equal(404, (await events.Publisher.PublishAsync("nobody", new Dictionary<string, string>(), default, Ct)).Refusal?.Status);
    }

    [Fact]
    public async Task A_cloud_event_that_is_published_twice_runs_once()
    {
        await using var events = await StartAsync();
        (string, string)[] headers = [("ce-specversion", "1.0"), ("ce-id", "7"), ("ce-source", "/shop"), ("ce-type", "order.placed"), ("content-type", "text/plain")];
        var first = await PublishAsync(events, "seven", headers);
        var second = await PublishAsync(events, "seven", headers);
        Assert.Equal(first.Invocations, second.Invocations);
        foreach (var id in first.Invocations)
        {
            await events.EndedAsync(id);
        }

        Assert.Equal(2, events.Transport.Ran.Count);
        using var sent = JsonDocument.Parse(events.Transport.Ran[0].Body);
        Assert.Equal(("7", "/shop", "order.placed", "text/plain", "seven"), (Text(sent, "id"), Text(sent, "source"), Text(sent, "type"), Text(sent, "datacontenttype"), Text(sent, "data")));
    }

    [Theory]
    [InlineData("binary", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    [InlineData("structured", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    [InlineData("none", "00-1bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]   // of the request that published it
    public async Task An_event_runs_in_the_trace_that_it_belongs_to(string mode, string traceParent)
    {
        await using var events = await StartAsync();
        (string, string) ofRequest = ("traceparent", "00-1bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        var outcome = mode switch
        {
            "binary" => await PublishAsync(events, "7", ofRequest, ("ce-specversion", "1.0"), ("ce-id", "7"), ("ce-source", "/shop"), ("ce-type", "x"), ("ce-traceparent", traceParent)),
            "structured" => await PublishAsync(
                events, $$"""{"specversion":"1.0","id":"9","source":"/shop","type":"x","traceparent":"{{traceParent}}"}""", ofRequest, ("content-type", "application/cloudevents+json")),
            _ => await PublishAsync(events, "7", ofRequest),
        };
        await events.EndedAsync(outcome.Invocations[0]);
        Assert.Equal(traceParent, events.Transport.Ran[0].Entry.Request.Headers.Single(header => header.Name == "traceparent").Value);
    }

    [Fact]
    public async Task A_structured_cloud_event_arrives_as_it_was_sent()
    {
        await using var events = await StartAsync();
        const string Sent = """{"specversion":"1.0","id":"9","source":"/shop","type":"x","extension":"kept","data":{"a":1}}""";
        var outcome = await PublishAsync(events, Sent, ("content-type", "application/cloudevents+json; charset=utf-8"));
        await events.EndedAsync(outcome.Invocations[0]);
        Assert.Equal(Sent, Encoding.UTF8.GetString(events.Transport.Ran[0].Body.Span));
    }

    [Theory]
    [InlineData("application/cloudevents+json", "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\"}", "type")]
    [InlineData("application/cloudevents+json", "[1", "JSON")]
    [InlineData("application/cloudevents+json", "[]", "object")]
    [InlineData("application/cloudevents-batch+json", "[]", "one event at a time")]
    public async Task What_claims_to_be_a_cloud_event_and_is_none_is_refused(string type, string body, string problem)
    {
        await using var events = await StartAsync();
        var refusal = (await PublishAsync(events, body, ("content-type", type))).Refusal;
        Assert.Equal(400, refusal?.Status);
        Assert.Contains(problem, refusal!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_binary_cloud_event_without_an_id_is_refused()
    {
        await using var events = await StartAsync();
        Assert.Contains("'id'", (await PublishAsync(events, "x", ("ce-specversion", "1.0"), ("ce-source", "/s"), ("ce-type", "t"))).Refusal!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0xff, 0xfe }, null, "data_base64")]
    [InlineData(new byte[] { (byte)'h', (byte)'i' }, "text/plain", "data")]
    [InlineData(new byte[] { (byte)'h', (byte)'i' }, "application/json", "data")]
    public void Data_is_json_text_or_base64_whatever_it_claims(byte[] data, string? type, string member)
    {
        var attributes = CloudEventText.Attributes("1", "/s", "t", EventsFixture.Noon);
        using var json = JsonDocument.Parse(CloudEventText.Write(attributes, type, data));
        Assert.Equal(JsonValueKind.String, json.RootElement.GetProperty(member).ValueKind);
    }

    private static Task<EventsFixture> StartAsync() => EventsFixture.StartAsync(prepare: events =>
    {
        events.Functions.Deploy("billing", topic: "orders");
        events.Functions.Deploy("shipping", topic: "orders");
        events.Functions.Deploy("other", topic: "others");
    });

    private static Task<PublishOutcome> PublishAsync(EventsFixture events, string body, params (string Name, string Value)[] headers) =>
        events.Publisher.PublishAsync("orders", headers.ToDictionary(header => header.Name, header => header.Value), Encoding.UTF8.GetBytes(body), Ct);

    private static string? Text(JsonDocument json, string member) => json.RootElement.GetProperty(member).GetString();
}
