using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Tests;

/// <summary><c>faas invocations show, cancel, list</c> and <c>faas queue</c>.</summary>
public sealed class InvocationVerbTests : IDisposable
{
    private static readonly DateTimeOffset Later = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Show_tells_state_attempts_result_and_what_it_wrote()
    {
        Serve(Described(InvocationState.Succeeded) with
        {
            Attempts = 3, Failures = 1, Cost = 0.00000042m, EndedAt = DateTimeOffset.UnixEpoch.AddSeconds(9), BodyBytes = 2048,
            Request = new InvocationRequest(false, "POST", "/a/b", "x=1", []),
            History =
            [
                new AttemptRecord { Number = 1, StartedAt = DateTimeOffset.UnixEpoch, EndedAt = DateTimeOffset.UnixEpoch, Status = 503, Run = TimeSpan.FromMilliseconds(12), Instance = "n-7", Cost = 0.00000021m, Detail = "busy" },
                new AttemptRecord { Number = 2, StartedAt = DateTimeOffset.UnixEpoch, EndedAt = DateTimeOffset.UnixEpoch, IsCut = true },
                new AttemptRecord { Number = 3, StartedAt = DateTimeOffset.UnixEpoch, EndedAt = DateTimeOffset.UnixEpoch, Status = 200, Run = TimeSpan.FromMilliseconds(20), Instance = "n-8", Cost = 0.00000021m },
            ],
            Result = new ResultSummary(200, "text/plain", 11, true, "well\n\u001b[2Jdone"),
        });
        _api.On("GET /v1/functions/hello/logs", (_, _) => Line("working"));
        var result = await RunAsync("invocations", "show", "i-1");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("GET /v1/functions/hello/logs?tail=50&invocation=i-1", _api.Requests);
        var lines = result.Out.Split('\n');
        Assert.Contains(lines, line => Cells(line) is ["state", "succeeded"]);
        Assert.Contains(lines, line => Cells(line) is ["request", "POST /a/b?x=1, 2.0 KiB"]);
        Assert.Contains(lines, line => Cells(line) is ["attempts", "3 (1 failed)"]);
        Assert.Contains(lines, line => Cells(line) is ["result", "status 200, text/plain, 11 B"]);
        Assert.Contains(lines, line => Cells(line) is ["cost", "0.00000042"]);
        Assert.Contains(lines, line => Cells(line) is ["1", _, "failed", "503", "12 ms", "0.00000021", "n-7", "busy"]);
        Assert.Contains(lines, line => Cells(line) is ["2", _, "cut off", "-", "-", "0.00000000", "-", "the function may have run"]);
        Assert.Contains(lines, line => Cells(line) is ["3", _, "ok", "200", "20 ms", "0.00000021", "n-8", "-"]);
        Assert.Contains("result:\nwell\n\uFFFD[2Jdone\n", result.Out, StringComparison.Ordinal);
        Assert.EndsWith(" stdout working\n", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_of_what_has_not_ended_tells_when_it_is_due_or_which_attempt_runs_and_needs_no_log()
    {
        Serve(Described(InvocationState.Queued) with { DueAt = Later, Request = new InvocationRequest(true, "POST", "/", "", []), BodyBytes = 2 });
        var queued = (await RunAsync("invocations", "show", "i-1")).Out.Split('\n');
        Assert.Contains(queued, line => Cells(line) is ["due", ['2', ..] due] && due.EndsWith(" days", StringComparison.Ordinal));
        Assert.Contains(queued, line => Cells(line) is ["request", "an event, 2 B"]);

        Serve(Described(InvocationState.Running) with { Attempts = 1, StartedAt = DateTimeOffset.UnixEpoch });
        Assert.Contains((await RunAsync("invocations", "show", "i-1")).Out.Split('\n'), line => Cells(line) is ["1", _, "running", ..]);

        var json = JsonDocument.Parse((await RunAsync("invocations", "show", "i-1", "-o", "json")).Out).RootElement;
        Assert.Equal(("running", 1), (json.GetProperty("state").GetString(), json.GetProperty("attempts").GetInt32()));
    }

    [Fact]
    public async Task An_id_that_nobody_knows_is_exit_code_3_for_every_verb()
    {
        _api.On("GET /v1/invocations/i-9", (_, _) => AdminApi.Answer.Problem(404, "NotFound", "no invocation 'i-9', or it is not kept any more"));
        _api.On("POST /v1/invocations/i-9/cancel", (_, _) => AdminApi.Answer.Problem(404, "NotFound", "no invocation 'i-9', or it is not kept any more"));
        foreach (var verb in (string[])["show", "wait", "cancel"])
        {
            var result = await RunAsync("invocations", verb, "i-9");
            Assert.Equal((3, "error: no invocation 'i-9', or it is not kept any more\n"), (result.ExitCode, result.Error));
        }
    }

    [Fact]
    public async Task Cancel_takes_several_and_says_which_have_ended()
    {
        _api.On("POST /v1/invocations/i-1/cancel", (_, _) => AdminApi.Answer.Text("", 204));
        _api.On("POST /v1/invocations/i-2/cancel", (_, _) => AdminApi.Answer.Problem(409, "HasEnded", "invocation i-2 has ended already"));
        var result = await RunAsync("invocations", "cancel", "i-2", "i-1", "i-1");
        Assert.Equal((1, "i-1 cancelled\n", "error: invocation i-2 has ended already\n"), (result.ExitCode, result.Out, result.Error));
        Assert.Equal("i-1", Assert.Single(JsonDocument.Parse((await RunAsync("invocations", "cancel", "i-1", "-o", "json")).Out).RootElement.EnumerateArray()).GetString());
    }

    [Fact]
    public async Task List_is_of_one_state_and_says_when_there_may_be_more()
    {
        _api.On("GET /v1/queue/entries", (request, _) => AdminApi.Answer.Json(
            request.QueryString["state"] == "running" ? [] : [Described(InvocationState.Queued) with { DueAt = Later }, Described(InvocationState.Queued) with { Id = "i-2", DeliverTo = "https://example.com" }],
            FaasJson.Default.InvocationDescriptionArray));
        var result = await RunAsync("invocations", "list", "hello", "--limit", "2");
        Assert.Contains("GET /v1/queue/entries?state=queued&limit=2&function=hello", _api.Requests);
        Assert.Equal("These are the first 2; there may be more (--limit). `faas queue` counts them.\n", result.Error);
        var lines = result.Out.TrimEnd().Split('\n');
        Assert.Equal(["INVOCATION", "FUNCTION", "ACCEPTED", "DUE", "ATTEMPTS", "ABOUT"], Cells(lines[0]));
        Assert.Equal(["delivery to https://example.com"], Cells(lines[2])[^1..]);
        Assert.Equal("No invocations are running.\n", (await RunAsync("invocations", "list", "--state", "running")).Error);
        Assert.Equal(2, JsonDocument.Parse((await RunAsync("invocations", "list", "-o", "json")).Out).RootElement.GetArrayLength());
    }

    [Fact]
    public async Task Queue_has_a_line_for_each_function()
    {
        QueueSummary[] queue = [new("checkout", 1200, 3, 0, 2, Later), new("hello", 0, 0, 1, 0, null)];
        _api.On("GET /v1/queue", (_, _) => AdminApi.Answer.Json(queue, FaasJson.Default.QueueSummaryArray));
        var lines = (await RunAsync("queue")).Out.TrimEnd().Split('\n');
        Assert.Equal(["FUNCTION", "WAITING", "RUNNING", "DELIVERIES", "DEAD LETTERS", "NEXT DUE"], Cells(lines[0]));
        Assert.True(Cells(lines[1]) is ["checkout", "1,200", "3", "0", "2", ['i', 'n', ' ', ..]], lines[1]);
        Assert.Equal(["hello", "0", "0", "1", "0", "-"], Cells(lines[2]));
        Assert.Equal(queue, JsonSerializer.Deserialize((await RunAsync("queue", "-o", "json")).Out, FaasJson.Default.QueueSummaryArray)!);

        queue = [];
        Assert.Equal("Nothing waits, and there are no dead letters.\n", (await RunAsync("queue")).Error);
    }

    private static InvocationDescription Described(InvocationState state) =>
        new() { Id = "i-1", Function = "hello", State = state, IsQueued = true, AcceptedAt = DateTimeOffset.UnixEpoch };

    private static AdminApi.Answer Answer(InvocationDescription description) => AdminApi.Answer.Json(description, FaasJson.Default.InvocationDescription);

    private static AdminApi.Answer Line(string text) =>
        AdminApi.Answer.Text(JsonSerializer.Serialize(new LogLine(DateTimeOffset.UnixEpoch, "n-7", "i-1", "stdout", text), FaasJson.Default.LogLine) + "\n");

    private static string[] Cells(string line) => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private void Serve(InvocationDescription description) => _api.On("GET /v1/invocations/i-1", (_, _) => Answer(description));

    private Task<FaasProgram.Result> RunAsync(params string[] arguments) => FaasProgram.RunAsync(_folder.Path, [.. arguments, .. _api.Options]);
}
