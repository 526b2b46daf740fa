using System.Text.Json;
using Faas.Contracts.Api;

namespace Faas.Cli.Tests;

/// <summary><c>faas trigger</c> against a server that speaks the management API.</summary>
public sealed class TriggerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Triggers_are_listed_with_their_state_and_what_is_wrong()
    {
        _api.On("GET /v1/triggers", (_, _) => AdminApi.Answer.Json(
            [Nightly with { State = TriggerState.BackingOff, Detail = "the function keeps failing", Events = 1234, Failures = 5 }], FaasJson.Default.TriggerDescriptionArray));
        var table = await RunAsync("trigger", "list", "report");
        Assert.Contains("GET /v1/triggers?function=report", _api.Requests);
        Assert.Contains("report/nightly", table.Out, StringComparison.Ordinal);
        Assert.Contains("backing off", table.Out, StringComparison.Ordinal);
        Assert.Contains("the function keeps failing", table.Out, StringComparison.Ordinal);
        var json = JsonDocument.Parse((await RunAsync("trigger", "list", "--output", "json")).Out).RootElement[0];
        Assert.Equal(("backingOff", 1234), (json.GetProperty("state").GetString(), json.GetProperty("events").GetInt32()));
    }

    [Fact]
    public async Task A_trigger_is_paused_resumed_fired_and_forgotten_by_its_id()
    {
        foreach (var act in (string[])["pause", "resume"])
        {
            _api.On($"POST /v1/triggers/report/nightly/{act}", (_, _) => AdminApi.Answer.Json(Nightly, FaasJson.Default.TriggerDescription));
            Assert.Equal((0, $"report/nightly {act}d\n"), await RunAsync("trigger", act, "report/nightly") is var result ? (result.ExitCode, result.Out) : default);
        }

        _api.On("POST /v1/triggers/report/nightly/fire", (_, _) => AdminApi.Answer.Json(new TriggerFiring("cron-1"), FaasJson.Default.TriggerFiring));
        Assert.Equal("cron-1\n", (await RunAsync("trigger", "fire", "report/nightly")).Out);
        _api.On("DELETE /v1/triggers/report/nightly", (_, _) => AdminApi.Answer.Text("", 204));
        Assert.Equal(0, (await RunAsync("trigger", "delete", "report/nightly")).ExitCode);
    }

    [Fact]
    public async Task What_is_no_triggers_id_and_what_is_not_there_are_told_apart()
    {
        Assert.Equal(2, (await RunAsync("trigger", "pause", "report")).ExitCode);
        Assert.Equal(2, (await RunAsync("trigger", "pause", "report/")).ExitCode);
        _api.On("POST /v1/triggers/report/none/pause", (_, _) => AdminApi.Answer.Problem(404, "NotFound", "There is no such trigger.", "caller"));
        Assert.Equal(3, (await RunAsync("trigger", "pause", "report/none")).ExitCode);
    }

    [Fact]
    public async Task Help_ends_with_examples()
    {
        foreach (var verb in (string[][])[["trigger"], ["trigger", "list"], ["trigger", "pause"], ["trigger", "resume"], ["trigger", "fire"], ["trigger", "delete"]])
        {
            Assert.Contains("Examples:", (await FaasProgram.RunAsync(_folder.Path, [.. verb, "--help"])).Out, StringComparison.Ordinal);
        }
    }

    private static TriggerDescription Nightly => new() { Id = "report/nightly", Function = "report", Name = "nightly", Kind = "cron", Subject = "0 3 * * *", State = TriggerState.Running };

    private Task<FaasProgram.Result> RunAsync(params string[] arguments) => FaasProgram.RunAsync(_folder.Path, [.. arguments, .. _api.Options]);
}
