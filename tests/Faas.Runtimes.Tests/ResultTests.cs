using System.Text;

namespace Faas.Runtimes.Tests;

/// <summary>What becomes of what a handler returns.</summary>
public sealed class ResultTests
{
    [Theory]
    [InlineData("None", "null", "null")]
    [InlineData("'text'", "'text'", "text")]
    [InlineData("[1, 2.5, True]", "[1, 2.5, true]", "[1,2.5,true]")]
    [InlineData("{'a': 'ü'}", "({a: 'ü'})", """{"a":"ü"}""")]
    public async Task A_value_is_200_and_JSON_but_a_bare_string_is_sent_as_it_is(string python, string node, string expected)
    {
        foreach (var runtime in new[] { Workers.Node, Workers.Python })
        {
            await using var worker = await Workers.ServeAsync(runtime, $"def handler(event, context):\n    return {python}\n", $"exports.handler = async () => {node};\n");
            var answer = await worker.InvokeAsync(new InvocationRequest());
            Assert.Equal((200, "application/json", expected), (answer.Status, answer.Header("content-type"), answer.Text));
        }
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task An_object_with_statusCode_is_the_response(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            """
            def handler(event, context):
                return {"statusCode": 201, "headers": {"X-One": "1", "x-list": ["a", "b"], "x-number": 7, "Content-Length": "999", "Connection": "close"},
                        "cookies": ["a=1; Path=/", "b=2"], "body": "iVBO", "isBase64Encoded": True}
            """,
            """
            exports.handler = async () => ({ statusCode: 201, headers: { 'X-One': '1', 'x-list': ['a', 'b'], 'x-number': 7, 'Content-Length': '999', Connection: 'close' },
              cookies: ['a=1; Path=/', 'b=2'], body: 'iVBO', isBase64Encoded: true });
            """);

        var answer = await worker.InvokeAsync(new InvocationRequest());

        Assert.Equal(201, answer.Status);
        Assert.Equal(3, answer.ContentLength);
        Assert.Equal([0x89, 0x50, 0x4e], answer.Body);
        Assert.Equal(
            [("x-one", "1"), ("x-list", "a"), ("x-list", "b"), ("x-number", "7"), ("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2"), ("content-type", "application/json")],
            answer.Headers);
    }

    [Theory]
    [InlineData("{'statusCode': 99}", "({statusCode: 99})", "statusCode")]
    [InlineData("{'statusCode': 'abc'}", "({statusCode: 'abc'})", "statusCode")]
    [InlineData("{'statusCode': 200, 'headers': {'x-a': 'b\\r\\nc: d'}}", "({statusCode: 200, headers: {'x-a': 'b\\r\\nc: d'}})", "x-a")]
    [InlineData("{'statusCode': 200, 'headers': {'x a': 'b'}}", "({statusCode: 200, headers: {'x a': 'b'}})", "x a")]
    [InlineData("{'statusCode': 200, 'headers': ['x']}", "({statusCode: 200, headers: ['x']})", "headers")]
    [InlineData("{'statusCode': 200, 'cookies': ['a\\nb']}", "({statusCode: 200, cookies: ['a\\nb']})", "set-cookie")]
    [InlineData("{'statusCode': 200, 'body': '%%', 'isBase64Encoded': True}", "({statusCode: 200, body: '%%', isBase64Encoded: true})", "base64")]
    [InlineData("{'a': object()}", "({a: 1n})", "JSON")]
    [InlineData("{'statusCode': 200, 'headers': {'x-%d' % i: 'v' * 60000 for i in range(20)}}", "({statusCode: 200, headers: Object.fromEntries([...Array(20).keys()].map(i => ['x-' + i, 'v'.repeat(60000)]))})", "1 MiB")]
    public async Task A_result_of_which_no_answer_can_be_made_is_an_invalid_result(string python, string node, string named)
    {
        foreach (var runtime in new[] { Workers.Node, Workers.Python })
        {
            await using var worker = await Workers.ServeAsync(runtime, $"def handler(event, context):\n    return {python}\n", $"exports.handler = async () => {node};\n");
            var answer = await worker.InvokeAsync(new InvocationRequest());
            Assert.Equal((0, "InvalidResult"), (answer.Status, answer.Failure?.Kind));
            Assert.Contains(named, answer.Failure!.Message, StringComparison.Ordinal);
        }
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task Five_megabytes_go_both_ways(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            "def handler(event, context):\n    return {'statusCode': 200, 'headers': {'content-type': 'text/plain'}, 'body': event['body']}\n",
            "exports.handler = async (event) => ({ statusCode: 200, headers: { 'content-type': 'text/plain' }, body: event.body });\n");
        var text = new string('ä', 2_500_000);

        var answer = await worker.InvokeAsync(new InvocationRequest { Method = "POST", Headers = [("content-type", "text/plain")], Body = Encoding.UTF8.GetBytes(text) });

        Assert.Null(answer.Failure);
        Assert.True(text == answer.Text);
        Assert.Equal(5_000_000, answer.ContentLength);
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_body_in_many_small_pieces_arrives_whole_and_an_unread_one_does_no_harm(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            "def handler(event, context):\n    return len(event['body'])\n",
            "exports.handler = async (event) => event.body.length;\n");
        using var data = await worker.OpenDataAsync();

        var invocation = await data.BeginAsync(new InvocationRequest { Headers = [("content-type", "text/plain")], BodyFollows = true });
        for (var i = 0; i < 300; i++)
        {
            await invocation.SendBodyAsync("x"u8.ToArray(), isLast: false);
        }

        await invocation.SendBodyAsync(ReadOnlyMemory<byte>.Empty, isLast: true);
        Assert.Equal("300", (await invocation.ReadAnswerAsync()).Text);
    }
}
