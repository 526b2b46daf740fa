using System.Globalization;
using Faas.Contracts.Api;

namespace Faas.Controller.Tests.Logs;

public sealed class LogQueryTests
{
    [Fact]
    public async Task Lines_are_asked_for_by_time_as_a_duration_or_as_a_time_in_any_zone()
    {
        await using var api = await LogsApi.StartAsync();
        api.Logs.Write("eleven");
        api.Logs.Clock.Advance(TimeSpan.FromHours(1));
        api.Logs.Write("twelve");
        api.Logs.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(["eleven", "twelve"], await api.TextsAsync("since=2h"));
        Assert.Equal(["twelve"], await api.TextsAsync("since=90m"));
        Assert.Equal(["twelve"], await api.TextsAsync("since=2026-11-30T13:00"));
        Assert.Equal(["twelve"], await api.TextsAsync("since=2026-11-30T14:00:00%2B01:00"));
        Assert.Equal(["eleven"], await api.TextsAsync("until=1h"));
        Assert.Equal(["eleven"], await api.TextsAsync("since=2026-11-30&until=2026-11-30T12:59:59.9999999Z"));
        Assert.Empty(await api.TextsAsync("since=1s"));
    }

    [Fact]
    public async Task Lines_are_searched_with_a_regular_expression()
    {
        await using var api = await LogsApi.StartAsync();
        api.Logs.Write("order 17 failed");
        api.Logs.Write("order 18 done");
        api.Logs.Write("{\"level\":\"error\",\"orderId\":17}");
        Assert.Equal(["order 17 failed", "{\"level\":\"error\",\"orderId\":17}"], await api.TextsAsync("grep=17"));
        Assert.Equal(["order 17 failed"], await api.TextsAsync("grep=" + Uri.EscapeDataString(@"^order \d+ (fail|crash)")));
        Assert.Equal(["order 18 done"], await api.TextsAsync("grep=" + Uri.EscapeDataString("(?i)DONE$")));
    }

    [Fact]
    public async Task Lines_are_asked_for_by_level_and_JSON_lines_come_with_message_and_fields()
    {
        await using var api = await LogsApi.StartAsync();
        api.Logs.Write("plain");
        api.Logs.Write("{\"level\":20,\"msg\":\"details\"}");
        api.Logs.Write("{\"level\":40,\"msg\":\"slow\",\"ms\":1200,\"tags\":[\"a\"]}");
        api.Logs.Write("boom", "stderr");
        api.Logs.Logs.Platform("f", "i", LineLevel.Error, "instance ended: crashed");
        var slow = (await api.LinesAsync("level=warn"))[0];
        Assert.Equal((LineLevel.Warn, "slow"), (slow.Level, slow.Message));
        Assert.Equal(1200, slow.Fields!["ms"].GetInt32());
        Assert.Equal("a", slow.Fields["tags"][0].GetString());
        Assert.Equal(["boom", "instance ended: crashed"], await api.TextsAsync("level=ERROR"));
        Assert.Equal(4, (await api.LinesAsync("level=info")).Length);
        Assert.Equal(5, (await api.LinesAsync("level=debug")).Length);
        Assert.Null((await api.LinesAsync("grep=boom"))[0].Level);   // stderr is not by itself an error
        var raw = await api.Http.GetStringAsync("/v1/functions/f/logs?grep=slow", LogsFixture.Ct);
        Assert.Contains("\"level\":\"warn\",\"message\":\"slow\",\"fields\":{\"ms\":1200,\"tags\":[\"a\"]}", raw, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_question_there_are_a_hundred_lines_and_with_one_all()
    {
        await using var api = await LogsApi.StartAsync();
        for (var i = 0; i < 250; i++)
        {
            api.Logs.Write($"line {i}", invocation: "call");
        }

        Assert.Equal("line 150", (await api.TextsAsync("")) is { Length: 100 } tail ? tail[0] : null);
        Assert.Equal(250, (await api.TextsAsync("invocation=call")).Length);
        Assert.Equal(250, (await api.TextsAsync("since=1d")).Length);
        Assert.Equal(["line 240", "line 249"], (await api.TextsAsync("since=1d&tail=10&grep=[09]$")) is { Length: 10 } some ? [some[^2], some[^1]] : []);
    }

    [Theory]
    [InlineData("since=yesterday", "duration")]
    [InlineData("until=2026-13-01", "2026-13-01")]
    [InlineData("since=1h&until=2h", "nothing between")]
    [InlineData("level=loud", "loud")]
    [InlineData("grep=(", "regular expression")]
    [InlineData("grep=(%3F=x)", "bounded time")]
    [InlineData("grep=(((a%7B1,1000%7D)%7B1,1000%7D)%7B1,1000%7D)", "bounded time")]
    public async Task What_cannot_be_asked_is_a_problem_that_says_why(string query, string reason)
    {
        await using var api = await LogsApi.StartAsync();
        var (status, problem) = await api.RefusedAsync(query);
        Assert.Equal((400, "InvalidQuery", "caller"), (status, problem.Error, problem.Blame));
        Assert.Contains(reason, problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expression_that_explodes_ends_in_a_problem_and_not_in_a_standstill()
    {
        await using var api = await LogsApi.StartAsync();
        api.Logs.Write(string.Concat(Enumerable.Range(0, 16_000).Select(i => (i * 2654435761L >> 7) % 3 == 0 ? 'a' : 'x')));
        var (status, problem) = await api.RefusedAsync("grep=" + Uri.EscapeDataString("(.*a.{300}){3}b"));
        Assert.Equal((400, "InvalidQuery"), (status, problem.Error));
        Assert.Contains("takes too long", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_that_there_is_not_is_404()
    {
        await using var api = await LogsApi.StartAsync();
        using var response = await api.Http.GetAsync("/v1/functions/ghost/logs", LogsFixture.Ct);
        Assert.Equal(404, (int)response.StatusCode);
    }

    [Fact]
    public async Task Filters_hold_for_what_follows_too_and_nothing_is_missing_or_twice()
    {
        await using var api = await LogsApi.StartAsync();
        api.Logs.Write("{\"level\":\"error\",\"msg\":\"0\"}");
        using var lines = await api.FollowAsync("level=error&grep=msg");
        for (var i = 1; i < 200; i++)
        {
            api.Logs.Write("noise msg");
            api.Logs.Write($"{{\"level\":\"error\",\"msg\":\"{i}\"}}");
            api.Logs.Write("{\"level\":\"error\"}");
        }

        for (var i = 0; i < 200; i++)
        {
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), LogsApi.Parse((await lines.ReadLineAsync(LogsFixture.Ct))!).Message);
        }
    }

    [Fact]
    public async Task Following_ends_when_until_has_come()
    {
        await using var api = await LogsApi.StartAsync();
        api.Logs.Write("now");
        using var lines = await api.FollowAsync("until=2026-11-30T12:10");
        Assert.Equal("now", LogsApi.Parse((await lines.ReadLineAsync(LogsFixture.Ct))!).Text);
        api.Logs.Write("later");
        Assert.Equal("later", LogsApi.Parse((await lines.ReadLineAsync(LogsFixture.Ct))!).Text);
        api.Logs.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Null(await lines.ReadLineAsync(LogsFixture.Ct));
    }
}
