using System.Text;
using Faas.Runtimes.Tests;

namespace Faas.Runtimes.DotNet.Tests;

public sealed class ParameterTests
{
    private static readonly (string, string)[] JsonType = [("content-type", "application/json")];

    [Theory]
    [InlineData("Json", """{"id":1,"NAME":"x","price":"2.5"}""", "1 x 2.5")]
    [InlineData("NullableJson", """{"id":1,"name":"y","price":1}""", "y")]
    [InlineData("NullableJson", "", "nobody")]
    [InlineData("Number", "41", "42")]
    [InlineData("Number", "", "1")]
    [InlineData("Optional", "", "41")]
    [InlineData("Text", "tëxt", "<tëxt>")]
    [InlineData("Text", "\"quoted\"", "<\"quoted\">")]
    [InlineData("Text", "", "<>")]
    [InlineData("Bytes", "AB", "4142")]
    [InlineData("Memory", "ABC", "3")]
    [InlineData("Stream", "flow", "s:flow")]
    [InlineData("Stream", "", "s:")]
    [InlineData("Element", "[1]", "Array")]
    [InlineData("None", "whatever", "none")]
    public async Task A_parameter_is_bound_from_the_body_of_a_request(string method, string body, string expected)
    {
        await using var worker = await DotNetWorker.StartAsync($"Parameters.{method}");
        var answer = await worker.InvokeAsync(new() { Method = "POST", Headers = JsonType, Body = body.Length == 0 ? null : Encoding.UTF8.GetBytes(body) });
        Assert.Null(answer.Failure);
        Assert.Equal(expected, answer.Text);
    }

    [Theory]
    [InlineData("Json", """{"id":1,"name":"x","price":2.5}""", "\"1 x 2.5\"")]
    [InlineData("Text", "\"decoded \\u0041\"", "\"\\u003Cdecoded A\\u003E\"")]
    [InlineData("Text", "[1, 2]", "\"\\u003C[1, 2]\\u003E\"")]
    [InlineData("Number", "41", "42")]
    [InlineData("Element", "null", "\"Null\"")]
    [InlineData("AsJson", """{"id":1,"name":"from json","price":1}""", "\"from json\"")]
    public async Task A_parameter_is_bound_from_a_raw_event(string method, string json, string expected)
    {
        await using var worker = await DotNetWorker.StartAsync($"TestFunctions.Parameters.{method}");
        var answer = await worker.InvokeAsync(InvocationRequest.Event(json));
        Assert.Null(answer.Failure);
        Assert.Equal(expected, answer.Text);
        Assert.Equal("application/json", answer.Header("content-type"));
    }

    [Fact]
    public async Task A_request_arrives_whole_as_an_HttpEvent()
    {
        await using var worker = await DotNetWorker.StartAsync("TestFunctions::TestFunctions.Parameters::Http");
        var answer = await worker.InvokeAsync(new()
        {
            Id = "call-1",
            Method = "PUT",
            Path = "/a%20b",
            Query = "x=1&X=2%2B&y",
            Headers = [("content-type", "text/x"), ("cookie", "a=1; b=2")],
            Body = "body"u8.ToArray(),
        });
        Assert.Equal(
            """{"method":"PUT","path":"/a%20b","rawQuery":"x=1\u0026X=2%2B\u0026y","remoteAddress":"203.0.113.9","invocationId":"call-1","first":"1","all":["1","2\u002B"],"type":"text/x","cookie":"2","body":"body"}""",
            answer.Text);
    }

    [Fact]
    public async Task A_raw_function_url_event_becomes_an_HttpEvent()
    {
        await using var worker = await DotNetWorker.StartAsync("Parameters.Http");
        var answer = await worker.InvokeAsync(InvocationRequest.Event(
            """{"version":"2.0","rawPath":"/p","rawQueryString":"x=9","cookies":["b=7"],"headers":{"content-type":"a/b"},"requestContext":{"requestId":"r","http":{"method":"PATCH","path":"/p","sourceIp":"1.2.3.4"}},"body":"aGk=","isBase64Encoded":true}"""));
        Assert.Equal("PATCH", answer.Json.GetProperty("method").GetString());
        Assert.Equal("hi", answer.Json.GetProperty("body").GetString());
        Assert.Equal("7", answer.Json.GetProperty("cookie").GetString());
        Assert.Equal("1.2.3.4", answer.Json.GetProperty("remoteAddress").GetString());
    }

    [Fact]
    public async Task Context_and_token_may_stand_anywhere()
    {
        await using var worker = await DotNetWorker.StartAsync("Parameters.Everything");
        var answer = await worker.InvokeAsync(new() { Id = "id-9", Method = "POST", Body = "t"u8.ToArray() });
        Assert.Equal("t id-9 hello hello-1 i-1 256 True True", answer.Text);
    }

    [Fact]
    public async Task A_cloud_event_is_read_in_binary_and_structured_mode_and_from_a_raw_event()
    {
        await using var worker = await DotNetWorker.StartAsync("Parameters.Cloud");
        var order = """{"id":1,"name":"pen","price":1}""";
        var structured = $$"""{"specversion":"1.0","id":"i","source":"/s","type":"t","subject":"u","time":"2026-01-02T03:04:05Z","region":"eu","data":{{order}}}""";
        var binary = await worker.InvokeAsync(new()
        {
            Method = "POST",
            Headers = [("ce-specversion", "1.0"), ("ce-id", "i"), ("ce-source", "/s"), ("ce-type", "t"), ("ce-subject", "u"), ("ce-time", "2026-01-02T03:04:05Z"), ("ce-region", "eu"), ("content-type", "application/json")],
            Body = Encoding.UTF8.GetBytes(order),
        });
        var inBody = await worker.InvokeAsync(new() { Method = "POST", Headers = [("content-type", "application/cloudevents+json; charset=utf-8")], Body = Encoding.UTF8.GetBytes(structured) });
        var raw = await worker.InvokeAsync(InvocationRequest.Event(structured));
        const string Expected = "i /s t u 2026 pen 31 [region, eu]";
        Assert.Equal(Expected, binary.Text);
        Assert.Equal(Expected, inBody.Text);
        Assert.Equal(Expected, raw.Json.GetString());

        var none = await worker.InvokeAsync(new() { Method = "POST", Body = "{}"u8.ToArray() });
        Assert.Equal("BadEvent", none.Failure!.Kind);
        var incomplete = await worker.InvokeAsync(InvocationRequest.Event("""{"id":"1","source":"s"}"""));
        Assert.Contains("no type", incomplete.Failure!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Json", "{\n \"id\": \"x\"}", "$.id, line 2")]
    [InlineData("Json", "{", "line 1")]
    [InlineData("Json", "", "the body is empty; the handler takes Order as JSON")]
    [InlineData("AsJson", "nope", "line 1")]
    public async Task A_body_that_is_not_the_expected_JSON_is_a_bad_event_with_its_place(string method, string body, string expected)
    {
        await using var worker = await DotNetWorker.StartAsync($"Parameters.{method}");
        var answer = await worker.InvokeAsync(new() { Method = "POST", Body = body.Length == 0 ? null : Encoding.UTF8.GetBytes(body) });
        Assert.Equal("BadEvent", answer.Failure!.Kind);
        Assert.Contains(expected, answer.Failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(70_000)]
    [InlineData(3_000_000)]
    public async Task A_body_of_any_size_can_be_read_as_a_stream(int bytes)
    {
        await using var worker = await DotNetWorker.StartAsync("Parameters.CountSlowly");
        for (var i = 0; i < 2; i++)
        {
            var answer = await worker.InvokeAsync(new() { Method = "POST", Body = new byte[bytes] });
            Assert.Equal(bytes.ToString(System.Globalization.CultureInfo.InvariantCulture), answer.Text);
        }
    }

    [Fact]
    public async Task A_stream_that_nobody_reads_is_thrown_away_and_the_connection_goes_on()
    {
        await using var worker = await DotNetWorker.StartAsync("Parameters.IgnoreBody");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("ignored", (await worker.InvokeAsync(new() { Method = "POST", Body = new byte[2_000_000] })).Text);
        }
    }

    [Fact]
    public async Task The_answer_to_a_stream_may_come_before_its_end()
    {
        await using var worker = await DotNetWorker.StartAsync("Parameters.IgnoreBody");
        using var data = await worker.OpenDataAsync();
        var invocation = await data.BeginAsync(new() { Method = "POST", BodyFollows = true });
        Assert.Equal("ignored", (await invocation.ReadAnswerAsync()).Text);
        await invocation.SendBodyAsync(new byte[100_000], isLast: true);
        Assert.Equal("ignored", (await data.InvokeAsync(new() { Method = "POST", Body = "x"u8.ToArray() })).Text);
    }

    [Fact]
    public async Task A_body_larger_than_a_quarter_of_the_memory_is_refused_unless_it_is_streamed()
    {
        await using var worker = await DotNetWorker.StartAsync("Parameters.Memory");
        var answer = await worker.InvokeAsync(new() { Method = "POST", Body = new byte[(64 << 20) + 1] });
        Assert.Equal("TooLarge", answer.Failure!.Kind);
        Assert.Equal("3", (await worker.InvokeAsync(new() { Method = "POST", Body = new byte[3] })).Text);
    }
}
