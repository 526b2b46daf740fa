using Faas.Runtimes.Tests;

namespace Faas.Runtimes.DotNet.Tests;

public sealed class ReturnTests
{
    private const string Order = """{"id":1,"name":"\u00E5","price":2.5}""";
    private const string Text = "text/plain; charset=utf-8";

    [Theory]
    [InlineData("Void", 204, null, "")]
    [InlineData("Task", 204, null, "")]
    [InlineData("ValueTask", 204, null, "")]
    [InlineData("Value", 200, "application/json", Order)]
    [InlineData("TaskValue", 200, "application/json", Order)]
    [InlineData("ValueTaskValue", 200, "application/json", Order)]
    [InlineData("TaskInt", 200, "application/json", "7")]
    [InlineData("Anything", 200, "application/json", Order)]
    [InlineData("Null", 200, "application/json", "null")]
    [InlineData("NullText", 204, null, "")]
    [InlineData("Text", 200, Text, "plain å")]
    [InlineData("Stream", 200, "application/octet-stream", "streamed")]
    [InlineData("Endless", 200, "application/octet-stream", "zzz")]
    [InlineData("Animal", 200, "application/json", """{"$type":"cat","lives":9,"name":"Mia"}""")]
    [InlineData("List", 200, "application/json", "[1,2]")]
    [InlineData("Created", 201, "application/json", Order)]
    [InlineData("Empty", 204, null, "")]
    [InlineData("Redirect", 302, null, "")]
    [InlineData("Html", 200, "text/html; charset=utf-8", "<p>å</p>")]
    [InlineData("NotFound", 404, Text, "no")]
    [InlineData("StreamResult", 200, "image/png", "streamed")]
    [InlineData("Events", 200, "text/event-stream", "ab\n")]
    [InlineData("Texts", 200, Text, "ab\n")]
    [InlineData("Objects", 200, "application/x-ndjson", "{\"id\":1,\"name\":\"x\",\"price\":1}\n{\"id\":2,\"name\":\"y\",\"price\":2}\n")]
    [InlineData("ByteItems", 200, "application/octet-stream", "\u0001\u0002\u0003")]
    public async Task What_a_handler_returns_becomes_the_response(string method, int status, string? contentType, string body)
    {
        await using var worker = await DotNetWorker.StartAsync($"Returns.{method}");
        for (var i = 0; i < 3; i++)
        {
            var answer = await worker.InvokeAsync(new());
            Assert.Null(answer.Failure);
            Assert.Equal((status, contentType, body), (answer.Status, answer.Header("content-type"), answer.Text));
            Assert.True(answer.ContentLength == -1 || answer.ContentLength == answer.Body.Length);
        }
    }

    [Theory]
    [InlineData("Void", "null")]
    [InlineData("ValueTask", "null")]
    [InlineData("Value", Order)]
    [InlineData("NullText", "null")]
    [InlineData("Text", "\"plain \\u00E5\"")]
    [InlineData("Bytes", "\"AQL/\"")]
    [InlineData("Stream", "\"c3RyZWFtZWQ=\"")]
    [InlineData("Texts", "[\"a\",\"b\\n\"]")]
    [InlineData("Objects", """[{"id":1,"name":"x","price":1},{"id":2,"name":"y","price":2}]""")]
    [InlineData("NotFound", """{"statusCode":404,"headers":{"content-type":"text/plain; charset=utf-8"},"body":"no","isBase64Encoded":false}""")]
    public async Task What_a_handler_returns_to_a_raw_event_is_one_JSON_value(string method, string json)
    {
        await using var worker = await DotNetWorker.StartAsync($"Returns.{method}");
        var answer = await worker.InvokeAsync(InvocationRequest.Event("null"));
        Assert.Equal((200, "application/json", json), (answer.Status, answer.Header("content-type"), answer.Text));
    }

    [Fact]
    public async Task Headers_are_lower_case_repeatable_and_without_those_of_the_connection()
    {
        await using var worker = await DotNetWorker.StartAsync("Returns.Created");
        var answer = await worker.InvokeAsync(new());
        Assert.Equal([("content-type", "application/json"), ("location", "/1"), ("set-cookie", "a=1"), ("set-cookie", "b=2")], answer.Headers);
    }

    [Fact]
    public async Task Bytes_and_large_bodies_arrive_unchanged()
    {
        await using var worker = await DotNetWorker.StartAsync("Returns.Large");
        var answer = await worker.InvokeAsync(new());
        Assert.Equal(300_000, answer.ContentLength);
        Assert.Equal(Enumerable.Range(0, 300_000).Select(i => (byte)i), answer.Body);
    }

    [Fact]
    public async Task A_file_is_streamed_with_its_length_and_a_download_name()
    {
        await using var worker = await DotNetWorker.StartAsync();
        DotNetWorker.CopyFunctions(worker);
        File.WriteAllBytes(Path.Combine(worker.Code, "big.bin"), new byte[200_000]);
        await worker.SpecializeOkAsync("Returns.FileResult");
        var answer = await worker.InvokeAsync(new());
        Assert.Equal((200_000L, 200_000), (answer.ContentLength, answer.Body.Length));
        Assert.Equal("attachment; filename*=UTF-8''gr%C3%B6ss.bin", answer.Header("content-disposition"));
    }

    [Fact]
    public async Task Each_item_of_a_sequence_leaves_before_the_next_one_exists()
    {
        await using var worker = await DotNetWorker.StartAsync("Returns.GatedOrRelease");
        using var first = await worker.OpenDataAsync();
        using var second = await worker.OpenDataAsync();
        var streaming = await first.BeginAsync(new() { Method = "POST", Body = "wait"u8.ToArray() });
        Assert.Equal(200, await streaming.ReadHeadAsync());
        Assert.Equal("first", await streaming.ReadPieceAsync());
        Assert.Equal("released", (await second.InvokeAsync(new() { Method = "POST", Body = "release"u8.ToArray() })).Text);
        Assert.Equal("second", await streaming.ReadPieceAsync());
        Assert.Equal("firstsecond", (await streaming.ReadAnswerAsync()).Text);
    }

    [Fact]
    public async Task A_sequence_that_breaks_says_so_after_what_it_has_sent()
    {
        await using var worker = await DotNetWorker.StartAsync("Returns.Breaks");
        var answer = await worker.InvokeAsync(new());
        Assert.Equal((200, "one"), (answer.Status, answer.Text));
        Assert.Equal(("Unhandled", "midway"), (answer.Failure!.Kind, answer.Failure.Message));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_endless_sequence_ends_when_nobody_listens_any_more(bool byCancelFrame)
    {
        await using var worker = await DotNetWorker.StartAsync("Returns.Forever");
        var data = await worker.OpenDataAsync();
        var invocation = await data.BeginAsync(new());
        await invocation.ReadHeadAsync();
        if (byCancelFrame)
        {
            await invocation.CancelAsync(Faas.WorkerProtocol.CancelReason.CallerGone);
            Assert.Equal(Faas.WorkerProtocol.EndOutcome.Failed, (await invocation.ReadAnswerAsync()).End.Outcome);
        }
        else
        {
            data.Dispose();
        }

        await worker.Control.WaitForLogAsync("enumerator ended");
    }

    [Theory]
    [InlineData("Delegate")]
    [InlineData("Cycle")]
    [InlineData("LongHeader")]
    [InlineData("NullTask")]
    public async Task A_result_that_cannot_be_sent_is_an_invalid_result(string method)
    {
        await using var worker = await DotNetWorker.StartAsync($"Returns.{method}");
        var answer = await worker.InvokeAsync(new());
        Assert.Equal((0, "InvalidResult"), (answer.Status, answer.Failure!.Kind));
        Assert.Equal("InvalidResult", (await worker.InvokeAsync(new())).Failure!.Kind);
    }

    [Fact]
    public async Task A_small_answer_leaves_in_one_write()
    {
        await using var worker = await DotNetWorker.StartAsync("Returns.Text");
        using var data = await worker.OpenDataAsync();
        var invocation = await data.BeginAsync(new());
        await invocation.ReadHeadAsync();
        Assert.Equal((12 + 8) + (12 + 12), data.Frames.Available);   // the body's frame ("plain å" is 8 bytes) and End's are there already
    }
}
