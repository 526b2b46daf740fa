using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Tests;

/// <summary><c>faas cost</c> against a server that speaks the management API.</summary>
public sealed class CostTests : IDisposable
{
    private static readonly DateTimeOffset Day = new(2026, 11, 30, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();
    private string _asked = "";

    public CostTests()
    {
        _api.On("GET /v1/usage", (request, _) =>
        {
            _asked = request.Url!.Query;
            return AdminApi.Answer.Json(Report, FaasJson.Default.UsageReport);
        });
    }

    private static UsageReport Report { get; } = new(
        Day, Day.AddDays(1),
        [
            new UsageRow(Totals(3, 0.25m)) { Function = "cheap", Start = Day, Outcome = InvocationError.None },
            new UsageRow(Totals(1, 0.75m)) { Function = "dear, \"very\"", Start = Day.AddHours(1), Outcome = InvocationError.Timeout },
        ],
        Totals(4, 1m));

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Costs_are_listed_by_function_the_dearest_first_with_their_sum()
    {
        var lines = (await RunAsync("cost")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("FUNCTION", lines[0], StringComparison.Ordinal);
        Assert.Equal(["dear,", "cheap", "total"], lines[1..].Select(line => line.Split(' ')[0]));
        Assert.EndsWith("75%", lines[1], StringComparison.Ordinal);
        Assert.Contains("1.00000000", lines[3], StringComparison.Ordinal);
        Assert.Contains("by=function", _asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bars_are_as_long_as_their_costs()
    {
        var lines = (await RunAsync("cost", "--by", "function", "--chart")).Out.Split('\n');
        Assert.EndsWith(" " + new string('█', 30), lines[1], StringComparison.Ordinal);
        Assert.EndsWith(" " + new string('█', 10), lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Csv_has_all_figures_in_full_and_quotes_what_needs_it()
    {
        var lines = (await RunAsync("cost", "--by", "function,hour,outcome", "--csv")).Out.Split("\r\n");
        Assert.Equal("function,start,outcome,invocations,billed,errors,coldStarts,billedMs,giBSeconds,cpuSeconds,peakKiB,bytesIn,bytesOut,cost,currency", lines[0]);
        Assert.Equal("cheap,2026-11-30T00:00:00Z,ok,3,3,0,0,30,0.5,0,0,7,9,0.25,USD", lines[1]);
        Assert.StartsWith("\"dear, \"\"very\"\"\",2026-11-30T01:00:00Z,Timeout,1,", lines[2], StringComparison.Ordinal);
        Assert.Contains("by=function,hour,outcome", Uri.UnescapeDataString(_asked), StringComparison.Ordinal);
        Assert.StartsWith("namespace,invocations", (await RunAsync("cost", "--by", "namespace", "--csv")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Times_are_days_moments_or_how_long_ago_in_whole_units()
    {
        await RunAsync("cost", "--since", "2026-11-01", "--until", "2026-11-07", "--function", "hello.red", "--namespace", "");
        Assert.Contains("from=2026-11-01T00:00:00Z&to=2026-11-08T00:00:00Z&function=hello.red&namespace=&", _asked, StringComparison.Ordinal);
        await RunAsync("cost", "--since", "2026-11-30T12:34:56+01:00");
        Assert.Contains("from=2026-11-30T11:34:00Z", _asked, StringComparison.Ordinal);
        await RunAsync("cost", "--since", "30d");
        Assert.Contains("T00:00:00Z&to=", _asked, StringComparison.Ordinal);
        await RunAsync("cost", "--since", "24h");
        Assert.Matches("from=[-0-9]+T..:00:00Z&to=", _asked);
        await RunAsync("cost", "--since", "90m");
        Assert.Matches("from=[-0-9]+T..:..:00Z&to=", _asked);
    }

    [Theory]
    [InlineData("--since", "yesterday")]
    [InlineData("--since", "-3d")]
    [InlineData("--until", "2026-13-01")]
    [InlineData("--by", "colour")]
    [InlineData("--by", "function,3")]
    [InlineData("--function", "No Name")]
    public async Task What_cannot_be_asked_is_wrong_usage(string option, string value)
    {
        var result = await RunAsync("cost", option, value);
        Assert.Equal(2, result.ExitCode);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.Equal("", _asked);
    }

    [Fact]
    public async Task A_comparison_says_what_how_and_from_where()
    {
        _api.On("GET /v1/usage/clouds", (_, _) => AdminApi.Answer.Json(
            new CloudComparison(Day, Day.AddDays(1), 1000, 0.5m, "USD", [new CloudCost("Elsewhere", 2m, "a million", "up to 100 ms", "https://example.com/prices", new DateOnly(2026, 11, 30))]),
            FaasJson.Default.CloudComparison));
        var result = await RunAsync("cost", "--compare", "--since", "24h");
        Assert.Contains("4.00 times", result.Out, StringComparison.Ordinal);
        Assert.Contains("2026-11-30", result.Error, StringComparison.Ordinal);
        Assert.Contains("https://example.com/prices", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Idle_memory_is_listed_by_function_the_most_first_with_the_platforms_and_the_sum()
    {
        AnswerIdle(new IdleRow("little", 3, 1, 0.5, 0, 0.1m), new IdleRow("", 4, 0, 0, 4, 0), new IdleRow("much", 9, 6, 2, 0, 0.8m));
        var lines = (await RunAsync("cost", "--idle")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["much", "(platform)", "little", "total"], lines[1..].Select(line => line.Split(' ')[0]));
        Assert.Matches("much +9.00 +6.00 +2.00 +0.00 +0.80000000", lines[1]);
        Assert.Matches("total +16.00 +7.00 +2.50 +4.00 +0.90000000", lines[4]);
    }

    [Fact]
    public async Task Idle_memory_by_day_stays_in_the_order_of_days_and_as_csv_has_all_figures()
    {
        AnswerIdle(
            new IdleRow("hello", 1, 0.125, 0, 0, 0.1m) { Day = new DateOnly(2026, 11, 29) },
            new IdleRow("", 2, 0, 0, 2, 0) { Day = new DateOnly(2026, 11, 30) });
        var table = (await RunAsync("cost", "--idle", "--by", "day,function")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["2026-11-29", "2026-11-30", "total"], table[1..].Select(line => line.Split(' ')[0]));
        var csv = (await RunAsync("cost", "--idle", "--by", "day,function", "--csv")).Out.Split("\r\n");
        Assert.Equal("day,function,allottedGiBSeconds,warmGiBSeconds,frozenGiBSeconds,stemGiBSeconds,cost,currency", csv[0]);
        Assert.Equal(["2026-11-29,hello,1,0.125,0,0,0.1,USD", "2026-11-30,,2,0,0,2,0,USD"], csv[1..3]);
    }

    [Theory]
    [InlineData("--by", "outcome", "--idle is told apart by function, or by day,function")]
    [InlineData("--since", "5h", "--idle knows whole days")]
    [InlineData("--until", "2026-11-30T12:00", "--idle knows whole days")]
    public async Task What_is_not_known_of_idle_memory_is_wrong_usage(string option, string value, string words)
    {
        var result = await RunAsync("cost", "--idle", option, value);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bill_shows_what_is_due_after_the_free_tier()
    {
        var asked = "";
        _api.On("GET /v1/bill", (request, _) =>
        {
            asked = request.Url!.Query;
            return AdminApi.Answer.Json(new Bill(new DateOnly(2026, 10, 1), true, [new BillLine("red", 5, 1.5, 100, 3m, 1m, 2m)], 3m, 1m, 2m, "USD"), FaasJson.Default.Bill);
        });
        var table = await RunAsync("cost", "bill", "--month", "2026-10");
        Assert.Equal("?month=2026-10", asked);
        Assert.Contains("red", table.Out, StringComparison.Ordinal);
        Assert.Contains("2.00000000", table.Out, StringComparison.Ordinal);
        Assert.Equal(2, JsonDocument.Parse((await RunAsync("cost", "bill", "--output", "json")).Out).RootElement.GetProperty("due").GetDecimal());
        Assert.Equal(2, (await RunAsync("cost", "bill", "--month", "October")).ExitCode);
    }

    [Fact]
    public async Task Forecasts_and_prices_are_shown()
    {
        _api.On("GET /v1/forecast", (_, _) => AdminApi.Answer.Json(new CostForecast(new DateOnly(2026, 11, 1), 1m, 3m, 2m, 4m, 12, "USD"), FaasJson.Default.CostForecast));
        var forecast = await RunAsync("cost", "forecast");
        Assert.Contains("3.00000000 USD", forecast.Out, StringComparison.Ordinal);
        Assert.Contains("12 whole days", forecast.Out, StringComparison.Ordinal);
        _api.On("GET /v1/prices", (_, _) => AdminApi.Answer.Json(
            [new PriceDescription(1, Day, new PriceTerms { Currency = "USD", PerMillionRequests = 0.2m, PerGiBSecond = 0.0000166667m, RoundUpMs = 100, MinimumMs = 1 })], FaasJson.Default.PriceDescriptionArray));
        Assert.Contains("0.0000166667", (await RunAsync("cost", "prices")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_ends_with_examples()
    {
        foreach (var verb in (string[][])[["cost"], ["cost", "bill"], ["cost", "forecast"], ["cost", "prices"]])
        {
            Assert.Contains("Examples:", (await FaasProgram.RunAsync(_folder.Path, [.. verb, "--help"])).Out, StringComparison.Ordinal);
        }
    }

    private void AnswerIdle(params IdleRow[] rows)
    {
        var total = new IdleRow("", rows.Sum(row => row.Allotted), rows.Sum(row => row.Warm), rows.Sum(row => row.Frozen), rows.Sum(row => row.Stems), rows.Sum(row => row.Cost));
        _api.On("GET /v1/usage/idle", (_, _) => AdminApi.Answer.Json(new IdleReport(Day.AddDays(-1), Day.AddDays(1), rows, total, "USD"), FaasJson.Default.IdleReport));
    }

    private static UsageTotals Totals(long invocations, decimal cost) => new(invocations, 0, 0, 10 * invocations, 0.5, 7, 9, cost, "USD") { Billed = invocations };

    private Task<FaasProgram.Result> RunAsync(params string[] arguments) => FaasProgram.RunAsync(_folder.Path, [.. arguments, .. _api.Options]);
}
