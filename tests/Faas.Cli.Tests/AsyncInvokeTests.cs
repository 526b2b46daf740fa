using System.Text;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Tests;

/// <summary><c>faas invoke --async</c>: what it sends, what it prints, and <c>--wait</c>.</summary>
public sealed class AsyncInvokeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_id_alone_is_on_stdout_and_the_headers_say_how_it_is_run()
    {
        var sent = "";
        _api.On("POST /v1/functions/hello/invocations", (request, body) =>
        {
            sent = string.Join(" ", AttemptHeaders.Invocation, AttemptHeaders.Delay, AttemptHeaders.Key, AttemptHeaders.Callback) + ": "
                + string.Join(" ", request.Headers[AttemptHeaders.Invocation], request.Headers[AttemptHeaders.Delay], request.Headers[AttemptHeaders.Key], request.Headers[AttemptHeaders.Callback], Encoding.UTF8.GetString(body));
            return Accepted();
        });
        var result = await RunAsync("invoke", "hello", "--async", "--delay", "1m30s", "--idempotency-key", "order-7", "--callback", "https://example.com/done", "-d", "[1]");
        Assert.Equal((0, "i-1\n", ""), (result.ExitCode, result.Out, result.Error));
        Assert.Equal("X-Faas-Invocation X-Faas-Delay Idempotency-Key X-Callback-Url: async 90s order-7 https://example.com/done [1]", sent);

        Assert.Equal("i-1\n", (await RunAsync("invoke", "--async", "--json", "hello")).Out);
        Assert.EndsWith(": async    {}", sent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_http_it_goes_to_the_public_address_for_asynchronous_invocations()
    {
        _api.On("PUT /async-function/hello/a/b", (request, body) =>
            request.QueryString["x"] == "1" && request.Headers["X-Test"] == "yes" && request.Headers[AttemptHeaders.Delay] == "5s" && Encoding.UTF8.GetString(body) == "{}" ? Accepted() : AdminApi.Answer.Text("wrong", 400));
        var result = await RunAsync("invoke", "hello", "--async", "-X", "PUT", "--path", "/a/b?x=1", "-H", "X-Test: yes", "--json", "-d", "{}", "--delay", "5s");
        Assert.Equal((0, "i-1\n", ""), (result.ExitCode, result.Out, result.Error));
    }

    [Fact]
    public async Task As_json_the_answer_is_printed_as_it_is()
    {
        _api.On("POST /v1/functions/hello/invocations", (_, _) => Accepted());
        var printed = JsonSerializer.Deserialize((await RunAsync("invoke", "hello", "--async", "-o", "json")).Out, FaasJson.Default.AcceptedInvocation);
        Assert.Equal(new AcceptedInvocation("i-1", "/v1/invocations/i-1"), printed);
    }

    [Fact]
    public async Task On_a_terminal_a_hint_says_how_to_look_at_it()
    {
        _api.On("POST /v1/functions/hello/invocations", (_, _) => Accepted());
        var (exitCode, screen) = await FaasProgram.RunOnTerminalAsync(_folder.Path, ["invoke", "hello", "--async", "--delay", "2h", .. _api.Options]);
        Assert.Equal(0, exitCode);
        Assert.Contains("i-1\r\n", screen, StringComparison.Ordinal);
        Assert.Contains("due in 2 h", screen, StringComparison.Ordinal);
        Assert.Contains("faas invocations show i-1", screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_without_async_makes_a_call_that_may_be_repeated()
    {
        _api.On("POST /v1/functions/hello/invocations", (request, _) => new AdminApi.Answer(
            200, "text/plain", Encoding.UTF8.GetBytes($"{request.Headers[AttemptHeaders.Key]} {request.Headers[AttemptHeaders.Invocation]}."), (AttemptHeaders.Replayed, "true")));
        var result = await RunAsync("invoke", "hello", "--idempotency-key", "k", "-v");
        Assert.Equal((0, "k ."), (result.ExitCode, result.Out));
        Assert.Contains("the answer to the earlier call with the same key", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_an_error_like_that_of_any_other_call()
    {
        _api.On("POST /v1/functions/hello/invocations", (_, _) => AdminApi.Answer.Problem(429, "QueueFull", "5 events of 'hello' wait already.", "caller"));
        var result = await RunAsync("invoke", "hello", "--async");
        Assert.Equal((1, "", "error: QueueFull: 5 events of 'hello' wait already.\n"), (result.ExitCode, result.Out, result.Error));
    }

    [Fact]
    public async Task With_wait_stdout_has_the_result_instead_of_the_id()
    {
        _api.On("POST /v1/functions/hello/invocations", (_, _) => Accepted());
        _api.On("GET /v1/invocations/i-1", (_, _) => AdminApi.Answer.Json(
            new InvocationDescription { Id = "i-1", Function = "hello", State = InvocationState.Succeeded, IsQueued = true, AcceptedAt = DateTimeOffset.UnixEpoch, Result = new ResultSummary(200, "text/plain", 4, true, "done") },
            FaasJson.Default.InvocationDescription));
        _api.On("GET /v1/invocations/i-1/result", (_, _) => AdminApi.Answer.Text("done"));
        var result = await RunAsync("invoke", "hello", "--async", "--wait");
        Assert.Equal((0, "done", ""), (result.ExitCode, result.Out, result.Error));

        var json = await RunAsync("invoke", "hello", "--async", "--wait", "-o", "json");
        Assert.Equal("succeeded", JsonDocument.Parse(json.Out).RootElement.GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("--delay 30s", "--delay is for asynchronous invocations; add --async.")]
    [InlineData("--at 18:30", "--at is for asynchronous invocations; add --async.")]
    [InlineData("--callback https://example.com", "--callback is for asynchronous invocations; add --async.")]
    [InlineData("--wait", "--wait is for asynchronous invocations; add --async.")]
    [InlineData("--async --delay 30", "--delay must be a time like 30s, 5m or 2h.")]
    [InlineData("--async --delay 30s --at 18:30", "Say once when it is to run: with --delay or --at.")]
    [InlineData("--async --at 2020-01-01", "has passed; --at takes a time to come")]
    [InlineData("--async --callback example.com", "'example.com' is no address for --callback; write it like https://example.com/done.")]
    [InlineData("--idempotency-key \u00e9", "--idempotency-key must be 1 to 255 visible ASCII characters.")]
    public async Task Options_that_do_not_fit_together_say_what_to_do(string options, string message)
    {
        var result = await RunAsync(["invoke", "hello", .. options.Split(' ')]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Empty(_api.Requests);
    }

    private static AdminApi.Answer Accepted() =>
        AdminApi.Answer.Json(new AcceptedInvocation("i-1", "/v1/invocations/i-1"), FaasJson.Default.AcceptedInvocation, 202);

    private Task<FaasProgram.Result> RunAsync(params string[] arguments) => FaasProgram.RunAsync(_folder.Path, [.. arguments, .. _api.Options]);
}
