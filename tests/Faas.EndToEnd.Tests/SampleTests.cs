using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>Every sample, deployed by <c>faas up functions-samples</c> and called as its comment says.</summary>
public abstract class SampleTests(SamplePlatform samples)
{
    private const string Sales = "city,price\r\nGraz,4\r\n\"Linz, Upper Austria\",1.5\r\nGraz,2\r\n";

    internal Platform Platform => samples.Platform;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_call_that_up_prints_is_answered_with_success()
    {
        var calls = Platform.Output.ToString().Split('\n').Where(line => line.StartsWith("curl ", StringComparison.Ordinal)).ToList();
        Assert.Equal((await Platform.Admin.ListAsync()).Count, calls.Count);
        foreach (var call in calls)
        {
            var answered = await Command.RunAsync("bash", ["-c", $"set -o pipefail; {call} --silent --show-error --fail --max-time 60"]);
            Assert.True(answered.ExitCode == 0, $"{call}\n{answered.All}");
        }
    }

    [Theory]
    [InlineData("hello-csharp")]
    [InlineData("hello-node")]
    [InlineData("hello-python")]
    public async Task Hello_greets_by_name(string function)
    {
        var greeting = await PostJsonAsync(function, """{"name":"Ada"}""");
        Assert.Equal("Hello, Ada!", greeting.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Invoice_adds_up_with_commercial_rounding()
    {
        var invoice = await PostJsonAsync("invoice", """{"lines":[{"text":"Desk","quantity":2,"unitPrice":199.95,"vatPercent":20}],"discountPercent":5}""");
        Assert.Equal(379.91m, invoice.GetProperty("net").GetDecimal());
        Assert.Equal(75.98m, invoice.GetProperty("vat")[0].GetProperty("amount").GetDecimal());
        Assert.Equal(455.89m, invoice.GetProperty("gross").GetDecimal());
    }

    [Theory]
    [InlineData("""{"lines":[]}""")]
    [InlineData("""{"lines":[{"quantity":1}],"discountPercent":101}""")]
    public async Task Invoice_refuses_what_is_no_invoice(string order)
    {
        using var response = await Platform.PostAsync("invoice", order);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.False(response.Headers.Contains("X-Faas-Error"), "the function's own answer is no error of the platform");
    }

    [Fact]
    public async Task Loan_schedule_streams_a_line_a_month_and_ends_at_zero()
    {
        var lines = (await Platform.CallAsync("loan-schedule?amount=12000&percent=4.5&months=36").TextAsync()).TrimEnd().Split('\n');
        Assert.Equal(37, lines.Length);
        Assert.StartsWith("36,", lines[^1], StringComparison.Ordinal);
        Assert.EndsWith(",0.00", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Markdown_becomes_html_without_passing_scripts_on()
    {
        using var response = await Platform.PostAsync("markdown", "# Title\n\n|a|b|\n|-|-|\n|1|2|\n\n<script>alert(1)</script>", "text/markdown");
        var html = await response.Content.ReadAsStringAsync(Stop);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("Title</h1>", html, StringComparison.Ordinal);
        Assert.Contains("<table>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Csv_stats_describes_each_column()
    {
        var stats = JsonDocument.Parse(await Platform.PostAsync("csv-stats", Sales, "text/csv").TextAsync()).RootElement;
        Assert.Equal(3, stats.GetProperty("rows").GetInt32());
        Assert.Equal(2.5, stats.GetProperty("columns").GetProperty("price").GetProperty("mean").GetDouble());
        Assert.Equal(2, stats.GetProperty("columns").GetProperty("city").GetProperty("distinct").GetInt32());
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a,b\n1\n", "line 2")]
    [InlineData("a,a\n1,2\n", "different")]
    public async Task Csv_stats_says_what_is_wrong_with_the_input(string csv, string words)
    {
        using var response = await Platform.PostAsync("csv-stats", csv, "text/csv");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(words, await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Csv_stats_refuses_bytes_that_are_no_text()
    {
        using var content = new ByteArrayContent([0xff, 0xfe, 0x00, 0x80]);
        using var response = await Platform.Public.PostAsync("/function/csv-stats", content, Stop);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task An_unmodified_lambda_function_from_its_documentation_runs()
    {
        var answer = await Platform.Admin.InvokeAsync("area-python", """{"length": 6, "width": 7}""").TextAsync();
        Assert.Equal("""{"area": 42}""", JsonSerializer.Deserialize<string>(answer));
    }

    [Fact]
    public async Task Webhook_accepts_what_is_signed_and_refuses_the_rest()
    {
        const string body = """{"action":"opened","repository":{"full_name":"ada/engine"},"sender":{"login":"ada"}}""";
        var signature = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData("change-me"u8, Encoding.UTF8.GetBytes(body)));

        using var accepted = await DeliverAsync(body, signature);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        Assert.Equal("issues opened ada/engine ada", await accepted.Content.ReadAsStringAsync(Stop));

        foreach (var wrong in (string?[])[null, "", "sha256=00", signature.Replace('a', 'b')])
        {
            using var refused = await DeliverAsync(body, wrong);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        using var get = await Platform.CallAsync("webhook");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
        Assert.Equal(["POST"], get.Content.Headers.Allow);
    }

    [Fact]
    public async Task Csv_becomes_ndjson_line_by_line()
    {
        using var response = await Platform.PostAsync("csv-to-ndjson", Sales, "text/csv");
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        var lines = (await response.Content.ReadAsStringAsync(Stop)).TrimEnd().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal("Linz, Upper Austria", JsonDocument.Parse(lines[1]).RootElement.GetProperty("city").GetString());
    }

    [Fact]
    public async Task An_express_application_serves_json_and_server_sent_events()
    {
        using var live = await Platform.Public.GetAsync("/function/guestbook/live", HttpCompletionOption.ResponseHeadersRead, Stop);
        Assert.Equal("text/event-stream", live.Content.Headers.ContentType?.MediaType);
        using var events = new StreamReader(await live.Content.ReadAsStreamAsync(Stop));
        Assert.Equal(": connected", await events.ReadLineAsync(Stop));

        // The stream is still open while the entry is made: what arrives then was not buffered.
        using var created = await Platform.PostAsync("guestbook/entries", """{"name":"Ada","text":"hello"}""");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        string? line;
        do
        {
            line = await events.ReadLineAsync(Stop);
            Assert.NotNull(line);
        }
        while (!line.StartsWith("data: ", StringComparison.Ordinal));

        Assert.Equal("Ada", JsonDocument.Parse(line[6..]).RootElement.GetProperty("name").GetString());
        Assert.Contains("hello", await Platform.CallAsync("guestbook/entries").TextAsync(), StringComparison.Ordinal);
        using var missing = await Platform.CallAsync("guestbook/nothing");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task A_minimal_api_serves_websockets()
    {
        using var ada = await JoinAsync("lobby");
        using var bob = await JoinAsync("lobby");
        await Eventually.HoldsAsync("both in the room", async () =>
            (await Platform.Public.GetFromJsonAsync<JsonElement>("/function/rooms/lobby", Stop)).GetProperty("members").GetInt32() == 2);

        await ada.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Stop);
        Assert.Equal("hello", await ReceiveAsync(bob));
        Assert.Equal("hello", await ReceiveAsync(ada));

        await bob.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Stop);
        await Eventually.HoldsAsync("one left", async () =>
            (await Platform.Public.GetFromJsonAsync<JsonElement>("/function/rooms/lobby", Stop)).GetProperty("members").GetInt32() == 1);
        using var plain = await Platform.CallAsync("rooms/lobby/socket");
        Assert.Equal(HttpStatusCode.UpgradeRequired, plain.StatusCode);
    }

    [Fact]
    public async Task A_plain_python_server_serves_pages_and_head_requests()
    {
        var status = JsonDocument.Parse(await Platform.CallAsync("status-page/status.json").TextAsync()).RootElement;
        Assert.Equal("status-page", status.GetProperty("function").GetString());
        Assert.Contains("<table>", await Platform.CallAsync("status-page/").TextAsync(), StringComparison.Ordinal);
        using var head = new HttpRequestMessage(HttpMethod.Head, "/function/status-page/");
        using var response = await Platform.Public.SendAsync(head, Stop);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Content.Headers.ContentLength > 0);
    }

    [Fact]
    public async Task Warehouse_hears_of_orders_and_of_the_morning()
    {
        using var published = await Platform.Admin.Http.PostAsync("/v1/topics/orders", JsonContent.Create(new { sku = "desk", quantity = 35 }), Stop);
        var result = await published.Content.ReadFromJsonAsync<PublishResult>(ManagementApi.Json, Stop);
        Assert.Equal("""{"sku":"desk","left":5,"reorder":true}""", (await Platform.Admin.EndedAsync(Assert.Single(result!.Invocations))).Result?.Text);

        using var fired = await Platform.Admin.Http.PostAsync("/v1/triggers/warehouse/morning/fire", null, Stop);
        var firing = await fired.Content.ReadFromJsonAsync<TriggerFiring>(ManagementApi.Json, Stop);
        Assert.Equal("""{"low":["chair"]}""", (await Platform.Admin.EndedAsync(firing!.Invocation)).Result?.Text);
    }

    private async Task<JsonElement> PostJsonAsync(string function, string json) =>
        JsonDocument.Parse(await Platform.PostAsync(function, json).TextAsync()).RootElement;

    private async Task<HttpResponseMessage> DeliverAsync(string body, string? signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/function/webhook") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("X-GitHub-Event", "issues");
        if (signature is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Hub-Signature-256", signature);
        }

        return await Platform.Public.SendAsync(request, Stop);
    }

    private async Task<ClientWebSocket> JoinAsync(string room)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(Platform.PublicUrl) { Scheme = "ws", Path = $"/function/rooms/{room}/socket" }.Uri, Stop);
        return socket;
    }

    private static async Task<string> ReceiveAsync(ClientWebSocket socket)
    {
        var buffer = new byte[1024];
        var received = await socket.ReceiveAsync(buffer, Stop);
        return Encoding.UTF8.GetString(buffer, 0, received.Count);
    }
}

/// <summary>A platform started with <c>functions-samples</c>.</summary>
public abstract class SamplePlatform(string sandbox) : SharedPlatform(sandbox, Repository.Samples);

/// <summary>The samples in processes.</summary>
public sealed class ProcessSamples() : SamplePlatform("process");

/// <summary>The samples in containers.</summary>
public sealed class DockerSamples() : SamplePlatform("docker");

/// <summary>In processes.</summary>
public sealed class SamplesInProcesses(ProcessSamples platform) : SampleTests(platform), IClassFixture<ProcessSamples>;

/// <summary>In containers.</summary>
public sealed class SamplesInContainers(DockerSamples platform) : SampleTests(platform), IClassFixture<DockerSamples>;
