using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Tests;

/// <summary>The real executable against a server that speaks the management API: output, exit codes and error texts.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task List_as_json_is_an_array_with_name_runtime_state_and_instances()
    {
        Assert.Equal("[]", (await RunAsync("list", "--output", "json")).Out.Trim());
        _api.Functions.Add(AdminApi.Summary("hello"));
        var result = await RunAsync("list", "--output", "json");
        Assert.Equal(0, result.ExitCode);
        var function = Assert.Single(JsonDocument.Parse(result.Out).RootElement.EnumerateArray());
        Assert.Equal(("hello", "python", "ready", 2), (
            function.GetProperty("name").GetString(), function.GetProperty("runtime").GetString(),
            function.GetProperty("state").GetString(), function.GetProperty("instances").GetInt32()));
    }

    [Fact]
    public async Task Redirected_tables_are_plain_text_without_boxes_or_colours()
    {
        _api.Functions.Add(AdminApi.Summary("hello"));
        _api.Functions.Add(AdminApi.Summary(new string('x', 63)));
        var result = await RunAsync("list");
        var lines = result.Out.TrimEnd().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("NAME ", lines[0], StringComparison.Ordinal);
        Assert.All(result.Out, c => Assert.InRange(c, '\n', '~'));
    }

    [Fact]
    public async Task A_wrong_key_is_refused_with_the_places_where_it_is_looked_for()
    {
        var wrong = await FaasProgram.RunAsync(_folder.Path, ["list", "--admin", _api.Url, "--key", "wrong"]);
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("--key", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("FAAS_KEY", wrong.Error, StringComparison.Ordinal);

        var missing = await FaasProgram.RunAsync(_folder.Path, ["list", "--admin", _api.Url, "--data", _folder["data"]]);
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains($"{_folder["data"]}/admin.key does not exist", missing.Error, StringComparison.Ordinal);
        Assert.Single(missing.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Address_and_key_are_found_in_the_data_folder_or_the_environment()
    {
        _folder.Write("d/admin.key", AdminApi.Key + "\n");
        _folder.Write("d/endpoints.json", JsonSerializer.Serialize(new PlatformEndpoints(1, _api.Url, _api.Url), FaasJson.Default.PlatformEndpoints));
        Assert.Equal(0, (await FaasProgram.RunAsync(_folder.Path, ["list", "--data", _folder["d"]])).ExitCode);
        Assert.Equal(0, (await FaasProgram.RunAsync(_folder.Path, ["list"], environment: new Dictionary<string, string> { ["FAAS_DATA"] = _folder["d"] })).ExitCode);
        Assert.Equal(0, (await FaasProgram.RunAsync(
            _folder.Path, ["list"], environment: new Dictionary<string, string> { ["FAAS_ADMIN"] = _api.Url, ["FAAS_KEY"] = AdminApi.Key })).ExitCode);
    }

    [Fact]
    public async Task An_unreachable_platform_is_one_line_that_says_how_to_start_one()
    {
        var result = await FaasProgram.RunAsync(_folder.Path, ["list", "--admin", "http://127.0.0.1:1"]);
        Assert.Equal(6, result.ExitCode);
        Assert.Contains("faas up", Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);

        var json = await FaasProgram.RunAsync(_folder.Path, ["list", "--admin", "http://127.0.0.1:1", "--output", "json"]);
        Assert.Equal(6, json.ExitCode);
        Assert.Equal("Unreachable", JsonDocument.Parse(json.Error).RootElement.GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_function_that_does_not_exist_is_exit_code_3()
    {
        foreach (var verb in (string[][])[["describe", "ghost"], ["logs", "ghost"], ["invoke", "ghost"], ["delete", "ghost", "-y"], ["deploy", "ghost"], ["invoke", "ghost", "-f", "ghost.json"]])
        {
            var result = await RunAsync(verb);
            Assert.True(result.ExitCode == 3, $"{string.Join(' ', verb)}: {result.ExitCode} {result.Error}");
        }
    }

    [Fact]
    public async Task Invoke_prints_the_answer_and_only_with_v_what_is_about_it()
    {
        _api.On("POST /v1/functions/hello/invocations", (_, body) => new AdminApi.Answer(200, "application/json", body, ("X-Call-Id", "c-1"), ("Server-Timing", "queue;dur=0, cold;dur=3.1, run;dur=1")));
        var quiet = await RunAsync("invoke", "hello", "-d", "{\"a\": 1}");
        Assert.Equal((0, "{\"a\": 1}", ""), (quiet.ExitCode, quiet.Out, quiet.Error));
        var verbose = await RunAsync("invoke", "hello", "-v");
        Assert.Equal("{}", verbose.Out);
        Assert.Contains("call c-1  queue;dur=0, cold;dur=3.1, run;dur=1", verbose.Error, StringComparison.Ordinal);
        Assert.Equal("[1]", (await RunAsync("invoke", "hello", "--json", "[1]")).Out);
        Assert.Equal("[2]", (await RunAsync("invoke", "--json", "hello", "-d", "[2]")).Out);
        Assert.Equal("[3]", (await FaasProgram.RunAsync(_folder.Path, ["invoke", "hello", "-f", "-", .. _api.Options], "[3]")).Out);
    }

    [Fact]
    public async Task Invoke_with_v_says_what_the_call_cost_once_the_ledger_knows()
    {
        var asked = 0;
        var record = new UsageRecord
        {
            InvocationId = "c-1", Function = "hello", Revision = "r1", Instance = "i1", ReceivedAt = DateTimeOffset.UnixEpoch, BilledMs = 2, MemoryMiB = 256, Cost = 0.000000208333m,
            Cpu = TimeSpan.FromMicroseconds(1340), PeakKiB = 32_000,
        };
        _api.On("POST /v1/functions/hello/invocations", (_, body) => new AdminApi.Answer(200, "application/json", body, ("X-Call-Id", "c-1")));
        _api.On("GET /v1/invocations", (_, _) => AdminApi.Answer.Json(asked++ == 0 ? [] : [record], FaasJson.Default.UsageRecordArray));
        _api.On("GET /v1/prices", (_, _) => AdminApi.Answer.Json(
            [new PriceDescription(1, DateTimeOffset.UnixEpoch, new PriceTerms { Currency = "EUR", PerMillionRequests = 0, PerGiBSecond = 0, RoundUpMs = 1, MinimumMs = 1 })],
            FaasJson.Default.PriceDescriptionArray));
        var result = await RunAsync("invoke", "hello", "-v");
        Assert.EndsWith("billed 2 ms at 256 MiB: 0.000000208333 EUR; 1.3 ms of CPU time, 31.3 MiB of memory at most\n", result.Error, StringComparison.Ordinal);
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task Invoke_over_HTTP_sends_method_path_headers_and_body_to_the_public_address()
    {
        _api.On("PUT /function/hello/a/b", (request, body) =>
            AdminApi.Answer.Text($"{request.QueryString["x"]} {request.Headers["X-Test"]} {request.ContentType} {System.Text.Encoding.UTF8.GetString(body)}"));
        var result = await RunAsync("invoke", "hello", "--method", "PUT", "--path", "/a/b?x=1", "--header", "X-Test: yes", "--json", "-d", "{}");
        Assert.Equal("1 yes application/json {}", result.Out);
    }

    [Fact]
    public async Task Invoke_tells_a_function_that_failed_from_a_platform_that_could_not_run_it()
    {
        _api.On("POST /v1/functions/slow/invocations", (_, _) => AdminApi.Answer.Problem(504, "Timeout", "It ran longer than 30 s.", "function"));
        _api.On("POST /v1/functions/full/invocations", (_, _) => AdminApi.Answer.Problem(429, "QueueFull", "Its waiting line is full.", "caller"));
        _api.On("GET /function/own", (_, _) => AdminApi.Answer.Text("oops", 500));
        _api.On("GET /function/missing", (_, _) => AdminApi.Answer.Text("no such page", 404));
        var slow = await RunAsync("invoke", "slow");
        Assert.Equal((5, "error: Timeout: It ran longer than 30 s.\n"), (slow.ExitCode, slow.Error));
        Assert.Equal(1, (await RunAsync("invoke", "full")).ExitCode);
        Assert.Equal(5, (await RunAsync("invoke", "own", "--path", "")).ExitCode);
        var missing = await RunAsync("invoke", "missing", "--path", "");
        Assert.Equal((0, "no such page"), (missing.ExitCode, missing.Out));
    }

    [Fact]
    public async Task Invocations_show_times_outcome_and_cost()
    {
        var record = new UsageRecord
        {
            InvocationId = "c-1", Function = "hello", Revision = "r", Instance = "i", ReceivedAt = DateTimeOffset.UnixEpoch, Cold = TimeSpan.FromMilliseconds(4.2),
            Run = TimeSpan.FromMilliseconds(12), BilledMs = 12, MemoryMiB = 256, GiBSeconds = 0.003, Status = 504, Outcome = InvocationError.Timeout, Blame = Blame.Function, Cost = 0.00000025m,
        };
        _api.On("GET /v1/invocations", (_, _) => AdminApi.Answer.Json([record], FaasJson.Default.UsageRecordArray));
        var table = await RunAsync("invocations", "hello", "--limit", "7");
        Assert.Contains("GET /v1/invocations?limit=7&function=hello", _api.Requests);
        Assert.Contains("Timeout (function)", table.Out, StringComparison.Ordinal);
        Assert.Contains("0.00000025", table.Out, StringComparison.Ordinal);
        var json = JsonDocument.Parse((await RunAsync("invocations", "-o", "json")).Out).RootElement[0];
        Assert.Equal(("timeout", 12), (json.GetProperty("outcome").GetString(), json.GetProperty("billedMs").GetInt32()));
    }

    [Fact]
    public async Task Delete_takes_several_and_says_which_is_missing()
    {
        _api.On("DELETE /v1/functions/a", (_, _) => AdminApi.Answer.Text("", 204));
        var result = await RunAsync("delete", "a", "b", "-y");
        Assert.Equal((3, "a deleted\n", "error: There is no function 'b'.\n"), (result.ExitCode, result.Out, result.Error));
    }

    private Task<FaasProgram.Result> RunAsync(params string[] arguments) => FaasProgram.RunAsync(_folder.Path, [.. arguments, .. _api.Options]);
}
