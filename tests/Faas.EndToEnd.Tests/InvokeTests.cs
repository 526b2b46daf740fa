using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>What a caller sends reaches the function, and what the function answers reaches the caller.</summary>
public abstract class InvokeTests(SharedPlatform shared) : PlatformTests(shared)
{
    [Fact]
    public async Task Method_path_query_headers_and_body_reach_the_function()
    {
        await Platform.DeployAsync("echo", "echo.py");
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/function/echo/a%20b/c?x=1&x=2&empty=&%C3%BC=%20")
        {
            Content = new StringContent("{\"ü\":1}", Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-Custom", ["one", "two"]);
        request.Headers.Add("Cookie", "a=1; b=2");
        var answer = JsonDocument.Parse(await Platform.Public.SendAsync(request, Stop).TextAsync()).RootElement.GetProperty("event");

        Assert.Equal("2.0", answer.GetProperty("version").GetString());
        Assert.Equal("PATCH", answer.GetProperty("requestContext").GetProperty("http").GetProperty("method").GetString());
        Assert.Equal("/a%20b/c", answer.GetProperty("rawPath").GetString());
        Assert.Equal("x=1&x=2&empty=&%C3%BC=%20", answer.GetProperty("rawQueryString").GetString());
        Assert.Equal("1,2", answer.GetProperty("queryStringParameters").GetProperty("x").GetString());
        Assert.Equal("one,two", answer.GetProperty("headers").GetProperty("x-custom").GetString()?.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(["a=1", "b=2"], answer.GetProperty("cookies").EnumerateArray().Select(cookie => cookie.GetString()));
        Assert.Equal("{\"ü\":1}", answer.GetProperty("body").GetString());
        Assert.False(answer.GetProperty("isBase64Encoded").GetBoolean());
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("PURGE")]
    public async Task Every_method_reaches_the_function(string method)
    {
        await Platform.DeployAsync("echo", "echo.py");
        using var request = new HttpRequestMessage(new HttpMethod(method), "/function/echo");
        Assert.Contains($"\"{method}\"", await Platform.Public.SendAsync(request, Stop).TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_request_is_answered_without_a_body()
    {
        await Platform.DeployAsync("echo", "echo.py");
        using var request = new HttpRequestMessage(HttpMethod.Head, "/function/echo");
        using var response = await Platform.Public.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Stop));
        Assert.Equal("hello", await Platform.CallAsync("hello").TextAsync());   // on the same connection
    }

    [Fact]
    public async Task Redirects_statuses_cookies_and_bytes_reach_the_caller_untouched()
    {
        await Platform.DeployAsync("echo", "echo.py");
        using var redirect = await Platform.CallAsync("echo/redirect");
        Assert.Equal(HttpStatusCode.Redirect, redirect.StatusCode);
        Assert.Equal("https://example.org/elsewhere?x=1", redirect.Headers.Location?.ToString());

        foreach (var status in (int[])[201, 404, 418, 500, 503])
        {
            using var response = await Platform.CallAsync($"echo/status?code={status}");
            Assert.Equal(status, (int)response.StatusCode);
            Assert.Equal("as asked", await response.Content.ReadAsStringAsync(Stop));
            Assert.False(response.Headers.Contains("X-Faas-Error"));
        }

        using var cookies = await Platform.CallAsync("echo/cookies");
        Assert.Equal(["a=1; Path=/", "b=2"], cookies.Headers.GetValues("Set-Cookie"));
        Assert.Equal([0x00, 0xff, 0x10, 0x80], await Platform.Public.GetByteArrayAsync("/function/echo/binary", Stop));
    }

    [Fact]
    public async Task A_binary_body_reaches_the_function_as_base64()
    {
        await Platform.DeployAsync("echo", "echo.py");
        using var content = new ByteArrayContent([0x00, 0xff, 0x10, 0x80]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        var answer = JsonDocument.Parse(await Platform.Public.PostAsync("/function/echo", content, Stop).TextAsync()).RootElement.GetProperty("event");
        Assert.True(answer.GetProperty("isBase64Encoded").GetBoolean());
        Assert.Equal("AP8QgA==", answer.GetProperty("body").GetString());
    }

    [Fact]
    public async Task The_callers_id_comes_back_and_the_function_has_it()
    {
        await Platform.DeployAsync("echo", "echo.py");
        using var response = await Platform.CallAsync("echo/context", callId: "my-own-id-1");
        Assert.Equal(["my-own-id-1"], response.Headers.GetValues("X-Call-Id"));
        var context = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Stop)).RootElement;
        Assert.Equal("my-own-id-1", context.GetProperty("id").GetString());
        Assert.Equal("echo", context.GetProperty("name").GetString());
        Assert.Equal("128", context.GetProperty("memory").ToString());
        Assert.InRange(context.GetProperty("remaining").GetDouble(), 1, 30_000);
    }

    [Fact]
    public async Task Every_answer_has_an_id_of_its_own_and_its_timing()
    {
        const int SleepMs = 10;
        await Platform.DeployAsync("echo", "echo.py");
        var ids = new HashSet<string>();
        for (var i = 0; i < 20; i++)
        {
            using var response = await Platform.CallAsync("echo/sleep");
            Assert.True(ids.Add(Assert.Single(response.Headers.GetValues("X-Call-Id"))));
            Assert.True(response.Timing("run") >= SleepMs);
        }
    }

    [Fact]
    public async Task A_raw_event_is_what_the_function_gets_and_its_value_is_the_answer()
    {
        await Platform.DeployAsync("echo", "echo.py");
        using var response = await Admin.InvokeAsync("echo", """{"records":[1,2,{"deep":null}]}""");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Stop)).RootElement;
        Assert.Equal("""{"records":[1,2,{"deep":null}]}""", answer.GetProperty("event").GetRawText().Replace(" ", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_generator_streams_each_item_as_it_comes()
    {
        await Platform.DeployAsync("stream", "stream.py", spec => spec with { Concurrency = 2, MaxInstances = 1 });
        using var response = await Platform.Public.GetAsync("/function/stream", HttpCompletionOption.ResponseHeadersRead, Stop);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Stop));

        Assert.Equal("first", await reader.ReadLineAsync(Stop));
        Assert.Equal("ok", await Platform.CallAsync("stream/seen").TextAsync());   // lets the function go on
        Assert.Equal("second", await reader.ReadLineAsync(Stop));
        Assert.Null(await reader.ReadLineAsync(Stop));
    }

    [Fact]
    public async Task A_caller_that_hangs_up_neither_kills_the_instance_nor_keeps_its_slot()
    {
        await Platform.DeployAsync("hangup", "trouble.py", spec => spec with { MaxInstances = 1 });
        var before = await Platform.CallAsync("hangup/ok").TextAsync();
        for (var i = 0; i < 3; i++)
        {
            using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            var call = Platform.Public.GetAsync("/function/hangup/slow?seconds=20", impatient.Token);
            await Eventually.HoldsAsync("the call in flight", async () => (await Admin.DescribeAsync("hangup")).Instances.Any(instance => instance.InFlight > 0));
            await impatient.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        Assert.Equal(before, await Platform.CallAsync("hangup/ok").TextAsync());
    }

    [Fact]
    public async Task Forty_callers_at_once_are_all_answered()
    {
        await Platform.DeployAsync("echo", "echo.py", spec => spec with { MaxInstances = 3 });
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Platform.CallAsync($"echo/{i}").TextAsync()));
        Assert.All(answers, (answer, i) => Assert.Contains($"\"/{i}\"", answer, StringComparison.Ordinal));
    }
}

/// <summary>In processes.</summary>
[Collection("process")]
public sealed class InvokeInProcesses(ProcessPlatform platform) : InvokeTests(platform);

/// <summary>In containers.</summary>
[Collection("docker")]
public sealed class InvokeInContainers(DockerPlatform platform) : InvokeTests(platform);
