using System.Net;
using System.Text;
using Faas.Gateway.Tests.Fakes;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Tests.Forwarding;

public sealed class StreamingTests
{
    [Fact]
    public async Task Pieces_of_an_answer_reach_the_caller_as_they_come()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var second = new TaskCompletionSource();
        await gateway.InstanceAsync(async call =>
        {
            call.WriteHead(200, -1, ("content-type", "text/plain"));
            call.WriteBody("one");
            await call.FlushAsync();
            await second.Task;
            call.WriteBody("two");
            call.WriteEnd();
            await call.FlushAsync();
        });

        using var answer = await gateway.HeadOfAsync(new HttpRequestMessage(HttpMethod.Get, "/function/hello"), TestContext.Current.CancellationToken);
        await using var body = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var buffer = new byte[3];
        await body.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
        Assert.Equal("one"u8.ToArray(), buffer);
        second.SetResult();
        await body.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
        Assert.Equal("two"u8.ToArray(), buffer);
        Assert.Equal(0, await body.ReadAsync(buffer, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(201, -1)]
    [InlineData(400, -1)]
    [InlineData(404, 200_000)]
    [InlineData(503, 65_537)]
    public async Task Long_answers_may_have_any_status(int status, int length)
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var body = new byte[length < 0 ? 5 : length];
        await gateway.InstanceAsync(async call =>
        {
            call.WriteHead(status, length, ("content-type", "text/plain"));
            for (var at = 0; at < body.Length; at += FrameHeader.BodyPieceMax)
            {
                call.WriteBody(body.AsSpan(at, Math.Min(FrameHeader.BodyPieceMax, body.Length - at)));
            }

            call.WriteEnd();
            await call.FlushAsync();
        });

        var answer = await gateway.GetAsync("/function/hello");

        Assert.Equal((status, body.Length, "text/plain"), ((int)answer.Status, answer.Body.Length, answer.Header("content-type")));
        await GatewayFixture.EventuallyAsync(() => gateway.Controller.Usage.Count == 1);
        Assert.Equal(status, gateway.Controller.Usage.Single().Status);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_000)]
    [InlineData(10_000)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(3_000_000)]
    public async Task Bodies_of_any_size_arrive_whole_in_both_directions(int size)
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(EchoAsync);
        var body = new byte[size];
        new Random(1).NextBytes(body);

        var known = await gateway.PostAsync("/function/hello", new ByteArrayContent(body));
        var unknown = await gateway.PostAsync("/function/hello", new StreamContent(new UnseekableStream(body)));

        Assert.Equal(body, known.Body);
        Assert.Equal(body, unknown.Body);
        await GatewayFixture.EventuallyAsync(() => gateway.Controller.Usage.Count == 2);
        Assert.All(gateway.Controller.Usage, usage => Assert.Equal((size, size), (usage.BytesIn, usage.BytesOut)));
    }

    [Fact]
    public async Task A_small_request_arrives_with_its_body_and_says_its_length()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync();
        await gateway.PostAsync("/function/hello", new StringContent("abc"));
        var call = await worker.NextCallAsync();
        Assert.Equal(3, call.Head.ContentLength);
        Assert.Equal("abc"u8.ToArray(), await call.WholeBodyAsync());
    }

    [Fact]
    public async Task A_function_may_answer_while_the_caller_still_sends()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync(async call =>
        {
            call.WriteHead(200, -1);
            await call.FlushAsync();
            await foreach (var piece in call.Body.ReadAllAsync())
            {
                call.WriteBody(piece);
                await call.FlushAsync();
            }

            call.WriteEnd();
            await call.FlushAsync();
        });
        await using var caller = await gateway.ConnectAsync();
        var cancellation = TestContext.Current.CancellationToken;
        await caller.WriteAsync("POST /function/hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"u8.ToArray(), cancellation);
        Assert.EndsWith("\r\n3\r\none\r\n", await ReadUntilAsync(caller, "one\r\n"), StringComparison.Ordinal);
        await caller.WriteAsync("3\r\ntwo\r\n0\r\n\r\n"u8.ToArray(), cancellation);
        Assert.Equal("3\r\ntwo\r\n0\r\n\r\n", await ReadUntilAsync(caller, "0\r\n\r\n"));
        Assert.Equal(1, worker.Accepted);
    }

    [Fact]
    public async Task An_answer_before_the_end_of_the_body_reaches_the_caller_and_frees_the_instance()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(call => call.AnswerAsync("enough").AsTask());
        await using var caller = await gateway.ConnectAsync();
        await caller.WriteAsync("POST /function/hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.EndsWith("enough", await ReadUntilAsync(caller, "enough"), StringComparison.Ordinal);
        Assert.Equal("enough", (await gateway.GetAsync()).Text);
    }

    [Fact]
    public async Task A_caller_that_expects_100_continue_gets_it_when_the_function_is_there()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        await gateway.InstanceAsync(EchoAsync);
        await using var caller = await gateway.ConnectAsync();
        var cancellation = TestContext.Current.CancellationToken;
        await caller.WriteAsync("POST /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"u8.ToArray(), cancellation);
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await ReadUntilAsync(caller, "\r\n\r\n"));
        await caller.WriteAsync("abc"u8.ToArray(), cancellation);
        Assert.EndsWith("abc", await ReadUntilAsync(caller, "abc"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HEAD_and_bodyless_answers_have_no_body_and_keep_the_connection_usable()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync(call => call.Head.Method switch
        {
            "HEAD" => call.AnswerAsync("not for you").AsTask(),
            "DELETE" => AnswerEmptyAsync(call, 204),
            _ => AnswerEmptyAsync(call, 304),
        });

        var head = await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/function/hello"));
        var deleted = await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/function/hello"));
        var unchanged = await gateway.GetAsync();

        Assert.Equal((HttpStatusCode.OK, 0, "11"), (head.Status, head.Body.Length, head.Header("Content-Length")));
        Assert.Equal((HttpStatusCode.NoContent, 0), (deleted.Status, deleted.Body.Length));
        Assert.Equal((HttpStatusCode.NotModified, 0), (unchanged.Status, unchanged.Body.Length));
        Assert.Equal(1, worker.Accepted);
    }

    internal static async Task EchoAsync(WorkerCall call)
    {
        var body = await call.WholeBodyAsync();
        call.WriteHead(200, body.Length);
        for (var at = 0; at < body.Length; at += FrameHeader.BodyPieceMax)
        {
            call.WriteBody(body.AsSpan(at, Math.Min(FrameHeader.BodyPieceMax, body.Length - at)));
        }

        call.WriteEnd();
        await call.FlushAsync();
    }

    internal static async Task<string> ReadUntilAsync(Stream stream, string end)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        var text = new StringBuilder();
        var buffer = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(buffer, limit.Token) == 0)
            {
                throw new EndOfStreamException($"the connection ended after: {text}");
            }

            text.Append((char)buffer[0]);
        }

        return text.ToString();
    }

    private static async Task AnswerEmptyAsync(WorkerCall call, int status)
    {
        call.WriteHead(status, 0);
        call.WriteEnd();
        await call.FlushAsync();
    }

    [Fact]
    public async Task A_function_whose_answers_usually_stream_keeps_its_connection_and_takes_no_new_one_for_each()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route());
        var worker = await gateway.InstanceAsync(async call =>
        {
            call.WriteHead();
            call.WriteBody("stream"u8);
            await call.FlushAsync();
            call.WriteBody("ed"u8);
            call.WriteEnd();
            await call.FlushAsync();
        });
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal("streamed", (await gateway.GetAsync()).Text);
        }

        // The shared one; those of the first answers, until it was known that they usually are; and no more of them kept than the instance has slots.
        Assert.InRange(worker.Accepted, 2, 6);
    }
}
