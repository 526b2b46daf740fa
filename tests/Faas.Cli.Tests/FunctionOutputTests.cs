using System.Text.Json;
using Faas.Cli.Output;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;

namespace Faas.Cli.Tests;

/// <summary>What <c>faas list</c> and <c>faas describe</c> show of scaling.</summary>
public sealed class FunctionOutputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AdminApi _api = new();

    public void Dispose()
    {
        _api.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task List_shows_instances_by_state_who_waits_and_the_share_of_cold_starts()
    {
        _api.Functions.Add(AdminApi.Summary("checkout") with { Instances = 3, Load = new FunctionLoad(1, 0, 2, 0, 0, 9, 1, 5, 7, null), ColdStarts = 24, Invocations = 1200 });
        _api.Functions.Add(AdminApi.Summary("hello") with { Instances = 2, State = "frozen", Load = new FunctionLoad(0, 0, 2, 0, 0, 0, 0, 0, 0, null) });
        _api.Functions.Add(AdminApi.Summary("idle") with { Instances = 0, State = "idle", Load = new FunctionLoad(0, 0, 0, 0, 0, 0, 0, 0, 0, null), Invocations = 0, ColdStarts = 0 });
        var lines = (await RunAsync("list")).Out.TrimEnd().Split('\n');
        Assert.Equal(["NAME", "RUNTIME", "STATE", "INSTANCES", "WAITING", "COLD", "INVOCATIONS", "COST", "MEMORY", "REVISION", "URL"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["checkout", "python", "ready", "3 (1 busy, 2 frozen)", "9", "2.0%", "1,200"], Cells(lines[1])[..7]);
        Assert.Equal(["hello", "python", "frozen", "2 frozen", "0", "29%", "7"], Cells(lines[2])[..7]);
        Assert.Equal(["idle", "python", "idle", "0", "0", "-", "0"], Cells(lines[3])[..7]);
    }

    [Fact]
    public async Task List_as_json_is_what_the_platform_said()
    {
        var decision = new ScalingDecision(DateTimeOffset.UnixEpoch, "held", "busy", 2);
        _api.Functions.Add(AdminApi.Summary("hello") with { Load = new FunctionLoad(1, 2, 3, 4, 5, 6, 7, 8.5, 9, decision) });
        var printed = JsonSerializer.Deserialize((await RunAsync("list", "-o", "json")).Out, FaasJson.Default.FunctionSummaryArray)!;
        Assert.Equal(_api.Functions, printed);
    }

    [Fact]
    public async Task Describe_shows_the_budgets_that_the_function_spends()
    {
        Serve(new FunctionSpec { Name = "hello", Runtime = "python" });
        _api.On("GET /v1/budgets", (_, _) => AdminApi.Answer.Json(
            [
                Budget("function:hello:month", 20, 12.5m, BudgetState.Within) with { Function = "hello", Period = BudgetPeriod.Month },
                Budget("function:other:month", 1, 0, BudgetState.Within) with { Function = "other" },
                Budget("namespace:shop:month", 1, 0, BudgetState.Within) with { Namespace = "shop" },
                Budget("namespace::day", 2, 3, BudgetState.Stopped) with { Namespace = "" },
            ],
            FaasJson.Default.BudgetDescriptionArray));
        var printed = (await RunAsync("describe", "hello")).Out;
        Assert.Contains("12.50000000 of 20 USD a month (62%), then stop\n", printed, StringComparison.Ordinal);
        Assert.Contains("3.00000000 of 2 USD a day of functions without a namespace (150%), then stop: stopped\n", printed, StringComparison.Ordinal);
        Assert.DoesNotContain("of 1 USD", printed, StringComparison.Ordinal);

        static BudgetDescription Budget(string id, decimal amount, decimal spent, BudgetState state) => new(id, new BudgetSpec { Amount = amount })
        {
            Period = BudgetPeriod.Day, PeriodStart = DateTimeOffset.UnixEpoch, PeriodEnd = DateTimeOffset.UnixEpoch.AddDays(1), Spent = spent, Currency = "USD", State = state,
        };
    }

    [Fact]
    public async Task On_a_narrow_terminal_columns_give_way_and_no_row_is_broken()
    {
        _api.Functions.Add(AdminApi.Summary("checkout") with { Instances = 3, Load = new FunctionLoad(1, 0, 2, 0, 0, 9, 1, 5, 7, null) });
        var (exitCode, screen) = await FaasProgram.RunOnTerminalAsync(_folder.Path, ["list", .. _api.Options]);
        Assert.Equal(0, exitCode);
        Assert.Contains("3 (1 busy, 2 frozen)", screen, StringComparison.Ordinal);
        Assert.Contains("waiting", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("rev-1", screen, StringComparison.Ordinal);
        Assert.Equal(5, screen.TrimEnd().Split('\n').Length);   // a frame of three lines, the headers and one row
    }

    [Fact]
    public async Task Describe_shows_the_scaling_settings_that_are_set_the_keep_alive_and_the_decisions_newest_first()
    {
        Serve(new FunctionSpec
        {
            Name = "hello", Runtime = "python", MinActive = 2, Freeze = false,
            Warm = [new WarmWindow { Cron = "0 8 * * MON-FRI", For = TimeSpan.FromHours(10), TimeZone = "Europe/Berlin", Instances = 2 }, new WarmWindow { Cron = "0 3 1 * *", For = TimeSpan.FromHours(1) }],
        });
        var result = (await RunAsync("describe", "hello")).Out;
        Assert.Contains("min active   2 while it is in use\n", result, StringComparison.Ordinal);
        Assert.Contains("freeze       no: idle instances stay awake\n", result, StringComparison.Ordinal);
        Assert.Contains("warm         2 instances from '0 8 * * MON-FRI' (Europe/Berlin) for 10h00m\n             1 instance from '0 3 1 * *' (UTC) for 1h00m\n", result, StringComparison.Ordinal);
        Assert.Contains("keep-alive   learned: 4 min\n", result, StringComparison.Ordinal);
        Assert.Contains("instances    2 (1 busy, 1 ready) now, 0 to 10 allowed\n", result, StringComparison.Ordinal);
        Assert.Contains("i-2       thawing", result, StringComparison.Ordinal);
        var decisions = result[result.IndexOf("LAST DECISIONS", StringComparison.Ordinal)..].TrimEnd().Split('\n');
        Assert.Equal(13, decisions.Length);
        Assert.Equal(["now", "started 0", "0 waiting", "1"], Cells(decisions[1]));
        Assert.EndsWith("11 waiting\uFFFD[2J  12", decisions[12], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Describe_leaves_out_what_is_not_set_and_shows_ten_decisions_on_a_terminal()
    {
        Serve(new FunctionSpec { Name = "hello", Runtime = "python" });
        var plain = (await RunAsync("describe", "hello")).Out;
        Assert.DoesNotContain("min active", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("freeze", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("warm", plain, StringComparison.Ordinal);

        var (_, screen) = await FaasProgram.RunOnTerminalAsync(_folder.Path, ["describe", "hello", .. _api.Options]);
        Assert.Contains("started 9", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("started 10", screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Describe_shows_how_asynchronous_invocations_are_run_what_triggers_it_and_what_waits()
    {
        Serve(new FunctionSpec
        {
            Name = "hello", Runtime = "python", Triggers = [new TriggerSpec { Topic = "orders" }, new TriggerSpec { Topic = "returns", Name = "back" }],
            Async = new AsyncSpec { MaxAttempts = 5, Concurrency = 2, OnSuccess = new Destination { Topic = "done" }, OnFailure = new Destination { Url = "https://example.com/failed" } },
        });
        Assert.DoesNotContain("queue", (await RunAsync("describe", "hello")).Out, StringComparison.Ordinal);   // of a platform that has none

        _api.On("GET /v1/queue", (_, _) => AdminApi.Answer.Json([new QueueSummary("other", 9, 9, 9, 9, null), new QueueSummary("hello", 1200, 2, 0, 3, null)], FaasJson.Default.QueueSummaryArray));
        var result = (await RunAsync("describe", "hello")).Out;
        Assert.Contains("async        5 attempts, 1.0 s to 5m00s apart, within 6h00m, 2 at a time; at most 100,000 wait, results are kept for 1d00h\n", result, StringComparison.Ordinal);
        Assert.Contains("on success   topic done\non failure   https://example.com/failed\n", result, StringComparison.Ordinal);
        Assert.Contains("triggers     topic orders\n             topic returns (back)\n", result, StringComparison.Ordinal);
        Assert.Contains("queue        1,200 waiting, 2 running, 3 dead letters\n", result, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-5, "now")]
    [InlineData(0.4, "now")]
    [InlineData(3, "3 s ago")]
    [InlineData(150, "2 min ago")]
    [InlineData(7300, "2 h ago")]
    [InlineData(200_000, "2 days ago")]
    public void Ages_have_one_unit(double seconds, string expected) => Assert.Equal(expected, Text.Age(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(null, "-")]
    [InlineData(0.0, "0%")]
    [InlineData(0.00001, "<0.1%")]
    [InlineData(0.026, "2.6%")]
    [InlineData(0.0999, "10%")]
    [InlineData(0.9999, "99%")]
    [InlineData(1.0, "100%")]
    public void Shares_are_percent_and_never_rounded_to_nothing_or_all(double? share, string expected) => Assert.Equal(expected, Text.Percent(share));

    private static string[] Cells(string line) => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private void Serve(FunctionSpec spec) => _api.On("GET /v1/functions/hello", (_, _) => AdminApi.Answer.Json(
        new FunctionDescription
        {
            Summary = AdminApi.Summary("hello"),
            Spec = spec,
            Instances = [new InstanceDescription("i-1", "rev-1", "busy", DateTimeOffset.UnixEpoch, 1, "process"), new InstanceDescription("i-2", "rev-1", "thawing", DateTimeOffset.UnixEpoch, 0, "process")],
            Totals = new UsageTotals(7, 0, 2, 70, 0.1, 1, 1, 0.1m, "USD") { Billed = 7 },
            KeepAlive = "learned: 4 min",
            Decisions = [.. Enumerable.Range(0, 12).Select(age => new ScalingDecision(
                age == 0 ? DateTimeOffset.MaxValue.AddDays(-1) : DateTimeOffset.UnixEpoch.AddDays(-age), $"started {age}", $"{age} waiting{(age == 11 ? "\u001b[2J" : "")}", age + 1))],
        },
        FaasJson.Default.FunctionDescription));

    private Task<FaasProgram.Result> RunAsync(params string[] arguments) => FaasProgram.RunAsync(_folder.Path, [.. arguments, .. _api.Options]);
}
