using System.Text;
using System.Text.Json;
using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>What a handler sees.</summary>
public sealed class EventTests
{
    private const string PythonEcho = "def handler(event, context):\n    return event\n";
    private const string NodeEcho = "exports.handler = async (event) => event;\n";

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task An_http_request_is_seen_as_a_function_url_event(string runtime)
    {
        await using var worker = await Workers.ServeAsync(runtime, PythonEcho, NodeEcho);

        var answer = await worker.InvokeAsync(new InvocationRequest
        {
            Id = "id-7",
            Method = "POST",
            Path = "/a%20b/c",
            Query = "x=1&x=2&y=a%26b+c&empty=",
            Headers =
            [
                ("host", "faas.example"), ("content-type", "application/json; charset=utf-8"), ("user-agent", "curl/8"),
                ("x-many", "1"), ("x-many", "2"), ("cookie", "a=1; b=2"), ("cookie", "c=3"),
            ],
            Body = Encoding.UTF8.GetBytes("""{"name":"Åse"}"""),
        });

        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.Header("content-type"));
        Assert.Equal(answer.Body.Length, answer.ContentLength);
        const string Expected = """
            {"version":"2.0","routeKey":"$default","rawPath":"/a%20b/c","rawQueryString":"x=1&x=2&y=a%26b+c&empty=",
             "cookies":["a=1","b=2","c=3"],
             "headers":{"host":"faas.example","content-type":"application/json; charset=utf-8","user-agent":"curl/8","x-many":"1,2"},
             "queryStringParameters":{"x":"1,2","y":"a&b c","empty":""},
             "requestContext":{"accountId":"anonymous","apiId":"hello","domainName":"faas.example","domainPrefix":"faas.example","requestId":"id-7",
               "routeKey":"$default","stage":"$default",
               "http":{"method":"POST","path":"/a%20b/c","protocol":"HTTP/1.1","sourceIp":"203.0.113.9","userAgent":"curl/8"},
               "time":"22/Nov/2026:10:00:00 +0000","timeEpoch":1795341600000},
             "body":"{\"name\":\"Åse\"}","isBase64Encoded":false}
            """;
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(Expected).RootElement, answer.Json), answer.Text);
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_request_without_body_query_or_cookies_leaves_their_keys_out(string runtime)
    {
        await using var worker = await Workers.ServeAsync(runtime, PythonEcho, NodeEcho);

        var seen = (await worker.InvokeAsync(new InvocationRequest())).Json;

        Assert.False(seen.TryGetProperty("body", out _));
        Assert.False(seen.TryGetProperty("queryStringParameters", out _));
        Assert.False(seen.TryGetProperty("cookies", out _));
        Assert.False(seen.GetProperty("isBase64Encoded").GetBoolean());
    }

    [Theory]
    [InlineData(Workers.Node, "application/octet-stream")]
    [InlineData(Workers.Node, "text/plain")]
    [InlineData(Workers.Python, "application/octet-stream")]
    [InlineData(Workers.Python, "text/plain")]
    public async Task A_body_that_is_not_text_is_base64(string runtime, string contentType)
    {
        await using var worker = await Workers.ServeAsync(runtime, PythonEcho, NodeEcho);

        var seen = (await worker.InvokeAsync(new InvocationRequest { Method = "PUT", Headers = [("content-type", contentType)], Body = [0xff, 0x00, 0x80] })).Json;

        Assert.True(seen.GetProperty("isBase64Encoded").GetBoolean());
        Assert.Equal([0xff, 0x00, 0x80], seen.GetProperty("body").GetBytesFromBase64());
    }

    [Theory]
    [InlineData("""{"a":[1,null,"x"]}""")]
    [InlineData("\"text\"")]
    [InlineData("7")]
    public async Task A_raw_event_is_the_handlers_event_and_its_result_is_plain_JSON(string json)
    {
        foreach (var runtime in new[] { Workers.Node, Workers.Python })
        {
            await using var worker = await Workers.ServeAsync(runtime, PythonEcho, NodeEcho);
            var answer = await worker.InvokeAsync(InvocationRequest.Event(json));
            Assert.Equal((200, "application/json", json), (answer.Status, answer.Header("content-type"), answer.Text));
        }
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task An_event_without_a_body_is_null_and_an_object_with_statusCode_is_not_inferred(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            "def handler(event, context):\n    return {'statusCode': 418, 'event': event}\n",
            "exports.handler = async (event) => ({ statusCode: 418, event });\n");

        var answer = await worker.InvokeAsync(new InvocationRequest { Kind = RequestKind.Event });

        Assert.Equal((200, """{"statusCode":418,"event":null}"""), (answer.Status, answer.Text));
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task An_event_that_is_not_JSON_is_refused_before_the_handler_sees_it(string runtime)
    {
        await using var worker = await Workers.ServeAsync(runtime, PythonEcho, NodeEcho);

        var answer = await worker.InvokeAsync(InvocationRequest.Event("{nope"));

        Assert.Equal((0, "BadEvent"), (answer.Status, answer.Failure?.Kind));
        Assert.True((await worker.InvokeAsync(InvocationRequest.Event("1"))).Failure is null);
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task The_context_and_the_environment_say_what_Lambdas_do(string runtime)
    {
        await using var worker = await Workers.StartAsync(
            runtime,
            """
            import os
            def handler(event, context):
                return [context.aws_request_id, context.function_name, context.function_version, context.memory_limit_in_mb,
                        0 < context.get_remaining_time_in_millis() <= 30000, context.invoked_function_arn.split(":")[6], os.getcwd() == os.environ["LAMBDA_TASK_ROOT"],
                        os.environ["AWS_LAMBDA_FUNCTION_NAME"], os.environ["AWS_LAMBDA_FUNCTION_VERSION"], os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
                        os.environ["_HANDLER"], os.environ["FAAS_FUNCTION"], os.environ["FAAS_REVISION"], os.environ["FAAS_INSTANCE"], os.environ["MINE"],
                        "FAAS_TOKEN" in os.environ]
            """,
            """
            exports.handler = async (event, context) => [context.awsRequestId, context.functionName, context.functionVersion, context.memoryLimitInMB,
              0 < context.getRemainingTimeInMillis() && context.getRemainingTimeInMillis() <= 30000, context.invokedFunctionArn.split(':')[6], process.cwd() === process.env.LAMBDA_TASK_ROOT,
              process.env.AWS_LAMBDA_FUNCTION_NAME, process.env.AWS_LAMBDA_FUNCTION_VERSION, process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
              process.env._HANDLER, process.env.FAAS_FUNCTION, process.env.FAAS_REVISION, process.env.FAAS_INSTANCE, process.env.MINE,
              'FAAS_TOKEN' in process.env];
            """);
        await worker.SpecializeOkAsync("app.handler", new Dictionary<string, string> { ["MINE"] = "my own", ["FAAS_FUNCTION"] = "not mine to set" });

        var answer = await worker.InvokeAsync(new InvocationRequest { Id = "id-1" });

        Assert.Equal(
            """["id-1","hello","hello-1","256",true,"hello",true,"hello","hello-1","256","app.handler","hello","hello-1","i-1","my own",false]""",
            answer.Text);
    }
}
