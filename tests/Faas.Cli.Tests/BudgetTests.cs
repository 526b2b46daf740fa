using System.Text;
using System.Text.Json;

namespace Faas.Cli.Tests;

/// <summary><c>faas budget</c> against a server that speaks the management API.</summary>
public sealed class BudgetTests : IDisposable
{
    private const string Hello = "/v1/budgets/function%3Ahello%3Amonth";
    private const string Known =
        """
        {"id":"function:hello:month","spec":{"amount":5,"thresholds":[80],"action":"throttle","ratePerSecond":3,"topic":"spending"},"function":"hello","period":"month",
         "periodStart":"2026-11-01T00:00:00+00:00","periodEnd":"2026-12-01T00:00:00+00:00","spent":4.25,"currency":"USD","state":"within","functions":1}
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();

    public BudgetTests()
    {
        _api.On("PUT " + Hello, (_, _) => AdminApi.Answer.Text(Known));
        _api.On("GET " + Hello, (_, _) => AdminApi.Answer.Problem(404, "NotFound", "there is no such budget"));
    }

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_new_budget_needs_an_amount_and_stops_when_it_is_spent_unless_something_else_is_said()
    {
        var missing = await RunAsync("budget", "set", "hello");
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("--amount", missing.Error, StringComparison.Ordinal);
        var set = await RunAsync("budget", "set", "hello", "--amount", "5");
        Assert.True(set.ExitCode == 0, set.Error);
        Assert.Contains("function:hello:month", set.Out, StringComparison.Ordinal);
        var sent = Sent();
        Assert.Equal((5m, "stop", "[50,80,100]"), (sent.GetProperty("amount").GetDecimal(), sent.GetProperty("action").GetString(), sent.GetProperty("thresholds").GetRawText()));
    }

    [Fact]
    public async Task What_is_not_given_of_a_budget_stays_as_it_is()
    {
        _api.On("GET " + Hello, (_, _) => AdminApi.Answer.Text(Known));
        Assert.Equal(0, (await RunAsync("budget", "set", "hello", "--amount", "10", "--at", "90, 120%", "--topic", "")).ExitCode);
        var sent = Sent();
        Assert.Equal((10m, "throttle", 3, "[90,120]"), (sent.GetProperty("amount").GetDecimal(), sent.GetProperty("action").GetString(), sent.GetProperty("ratePerSecond").GetInt32(), sent.GetProperty("thresholds").GetRawText()));
        Assert.False(sent.TryGetProperty("topic", out _));
    }

    [Theory]
    [InlineData("NAME, or --namespace", "budget", "set", "--amount", "1")]
    [InlineData("NAME, or --namespace", "budget", "show", "hello", "--namespace", "shop")]
    [InlineData("above 0", "budget", "set", "hello", "--amount", "-1")]
    [InlineData("no percentage", "budget", "set", "hello", "--amount", "1", "--at", "50,x")]
    [InlineData("1 to 1000", "budget", "set", "hello", "--amount", "1", "--at", "0")]
    [InlineData("invocations a second", "budget", "set", "hello", "--amount", "1", "--rate", "0")]
    [InlineData("no namespace", "budget", "delete", "--namespace", "a.b")]
    [InlineData("not a function name", "budget", "delete", "Hello")]
    [InlineData("week", "budget", "show", "hello", "--period", "week")]
    public async Task What_is_no_budget_is_refused_with_what_to_do(string said, params string[] words)
    {
        var result = await RunAsync(words);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(said, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_api.Requests, request => request.StartsWith("PUT", StringComparison.Ordinal) || request.StartsWith("DELETE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Budgets_are_listed_with_what_is_spent_of_them()
    {
        _api.On("GET /v1/budgets", (_, _) => AdminApi.Answer.Text($"[{Known}]"));
        var list = await RunAsync("budget", "list");
        Assert.Contains("4.25000000", list.Out, StringComparison.Ordinal);
        Assert.Contains("throttle to 3/s", list.Out, StringComparison.Ordinal);
        var json = await RunAsync("budget", "list", "--output", "json");
        Assert.Equal(4.25m, JsonDocument.Parse(json.Out).RootElement[0].GetProperty("spent").GetDecimal());
    }

    private JsonElement Sent() => JsonDocument.Parse(Encoding.UTF8.GetString(_api.Bodies["PUT " + Hello])).RootElement;

    private Task<FaasProgram.Result> RunAsync(params string[] words) => FaasProgram.RunAsync(_folder.Path, [.. words, .. _api.Options]);
}
