using System.Text.Json;
using Faas.Cli.CommandLine;
using Faas.Contracts.Api;

namespace Faas.Cli.Tests;

/// <summary><c>faas logs</c>: what it asks for and how it shows what it gets.</summary>
public sealed class LogsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Lines_are_printed_one_a_line_and_cannot_drive_the_terminal()
    {
        Answer(Line("starting") with { Stream = "stderr" }, Line("long") with { GoesOn = true }, Line("\u001b[2Jhello") with { InvocationId = "c-1" });
        var result = await RunAsync("logs", "hello", "--tail", "5", "--invocation", "c-1", "-f");
        Assert.Contains("GET /v1/functions/hello/logs?tail=5&invocation=c-1&follow=true", _api.Requests);
        Assert.EndsWith(" c-1 stdout \uFFFD[2Jhello\n", result.Out, StringComparison.Ordinal);
        Assert.Contains(" - stdout long [goes on]\n", result.Out, StringComparison.Ordinal);
        Assert.Equal(3, (await RunAsync("logs", "hello", "-o", "json")).Out.TrimEnd().Split('\n').Length);
        Assert.Contains("GET /v1/functions/hello/logs", _api.Requests);
    }

    [Fact]
    public async Task JSON_lines_are_shown_as_level_message_and_fields_and_printed_as_they_are_with_output_json()
    {
        const string Written = """{"level":40,"time":1,"msg":"slow order","ms":1200,"who":"Ada","why":"no stock","at":{"x":[1]},"none":null}""";
        var json = JsonDocument.Parse(Written).RootElement;
        Answer(Line(Written) with
        {
            Level = LineLevel.Warn, Message = "slow order", Fields = json.EnumerateObject().Where(field => field.Name is not ("level" or "msg")).ToDictionary(field => field.Name, field => field.Value),
        });
        Assert.EndsWith(" - stdout WARN slow order ms=1200 who=Ada why=\"no stock\" at={\"x\":[1]} none=null\n", (await RunAsync("logs", "hello")).Out, StringComparison.Ordinal);
        var printed = JsonDocument.Parse((await RunAsync("logs", "hello", "--output", "json")).Out).RootElement;
        Assert.Equal(("warn", "slow order", 1200, Written), (
            printed.GetProperty("level").GetString(), printed.GetProperty("message").GetString(), printed.GetProperty("fields").GetProperty("ms").GetInt32(), printed.GetProperty("text").GetString()));
    }

    [Fact]
    public async Task Options_are_what_the_platform_is_asked()
    {
        Answer();
        var result = await RunAsync("logs", "hello", "--since", "10m", "--until", "2026-11-30T12:00:00+01:00", "--grep", @"order \d+ & more", "--level", "warn");
        Assert.Equal((0, "", ""), (result.ExitCode, result.Out, result.Error));
        Assert.Contains("GET /v1/functions/hello/logs?since=10m&until=2026-11-30T11%3A00%3A00Z&grep=order%20%5Cd%2B%20%26%20more&level=warn", _api.Requests);
    }

    [Theory]
    [InlineData("--since", "yesterday")]
    [InlineData("--until", "25:00")]
    [InlineData("--level", "loud")]
    [InlineData("--tail", "-1")]
    [InlineData("--tail", "many")]
    public async Task What_cannot_be_asked_is_wrong_usage(string option, string value)
    {
        var result = await RunAsync("logs", "hello", option, value);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(value, result.Error.Length > 0 && option == "--tail" ? value : result.Error, StringComparison.Ordinal);
        Assert.Empty(_api.Requests);
    }

    [Fact]
    public async Task An_expression_that_the_platform_refuses_is_wrong_usage_too()
    {
        _api.On("GET /v1/functions/hello/logs", (_, _) => AdminApi.Answer.Problem(400, "InvalidQuery", "grep is no regular expression: Not enough )'s.", "caller"));
        var result = await RunAsync("logs", "hello", "--grep", "(");
        Assert.Equal((2, "error: grep is no regular expression: Not enough )'s.\n"), (result.ExitCode, result.Error));
        Assert.Equal("InvalidQuery", JsonDocument.Parse((await RunAsync("logs", "hello", "--grep", "(", "-o", "json")).Error).RootElement.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Levels_are_completed_and_the_help_has_examples()
    {
        const string Typed = "faas logs hello --level ";
        var suggested = await FaasProgram.RunAsync(_folder.Path, [$"[suggest:{Typed.Length}]", Typed]);
        Assert.Equal(["debug", "error", "fatal", "info", "trace", "warn"], suggested.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        Assert.Contains("faas logs hello --since 10m --level warn", (await FaasProgram.RunAsync(_folder.Path, ["logs", "--help"])).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_of_day_is_the_last_one_that_the_clock_showed()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var now = new DateTimeOffset(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(new DateTimeOffset(2026, 11, 30, 11, 30, 0, TimeSpan.Zero), TimeText.Last("12:30", now, zone));
        Assert.Equal(new DateTimeOffset(2026, 11, 29, 17, 30, 0, TimeSpan.Zero), TimeText.Last("18:30", now, zone));
        Assert.Equal(now, TimeText.Last("13:00", now, zone));
        Assert.Equal(new DateTimeOffset(2026, 6, 1, 10, 0, 0, TimeSpan.Zero), TimeText.Last("2026-06-01T12:00", now, zone));
        Assert.Null(TimeText.Last("noon", now, zone));
    }

    private static LogLine Line(string text) => new(DateTimeOffset.UnixEpoch, "i-1", null, "stdout", text);

    private void Answer(params LogLine[] lines) =>
        _api.On("GET /v1/functions/hello/logs", (_, _) => AdminApi.Answer.Text(string.Concat(lines.Select(line => JsonSerializer.Serialize(line, FaasJson.Default.LogLine) + "\n"))));

    private Task<FaasProgram.Result> RunAsync(params string[] arguments) => FaasProgram.RunAsync(_folder.Path, [.. arguments, .. _api.Options]);
}
