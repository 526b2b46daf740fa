using System.Net;
using Faas.Contracts.Functions;
using Faas.EndToEnd.Tests.Prometheus;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>What Prometheus makes of a platform, and what <c>deploy/</c> makes of Prometheus: both the real ones.</summary>
[Collection("process")]
public sealed class MetricsTests(ProcessPlatform platform) : PlatformTests(platform)
{
    /// <summary>What a platform has only when somebody waits, when a broker can be asked, or when something fails that a test cannot make fail.</summary>
    private static readonly string[] Rare = ["faas_invocation_queue_seconds", "faas_trigger_lag"];

    [Fact]
    public async Task They_are_for_those_with_the_key()
    {
        using var nobody = new ManagementApi(Platform.AdminUrl, null);
        using var refused = await nobody.Http.GetAsync("/metrics", Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("Unauthorized", (await ManagementApi.ProblemAsync(refused)).Error);
        using var given = await Admin.Http.GetAsync("/metrics", Stop);
        Assert.Equal(HttpStatusCode.OK, given.StatusCode);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", given.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task They_are_for_everybody_where_that_is_configured()
    {
        await using var open = await Platform.StartAsync(new PlatformOptions
        {
            Sandbox = "process",
            Environment = new Dictionary<string, string> { ["Faas__Metrics__Public"] = "true", ["Faas__Metrics__FunctionsMax"] = "0" },
        });
        using var nobody = new ManagementApi(open.AdminUrl, null);
        Assert.Equal("hello", await open.CallAsync("hello").TextAsync());
        await Eventually.HoldsAsync("the call", async () => (await nobody.Http.GetStringAsync("/metrics", Stop)).Split('\n').Any(
            line => line.StartsWith("faas_invocations_total{function=\"_other\",outcome=\"none\",blame=\"none\",since=", StringComparison.Ordinal) && line.EndsWith(" 1", StringComparison.Ordinal)));
        Assert.DoesNotContain("function=\"hello\"", await nobody.Http.GetStringAsync("/metrics", Stop), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.Http.GetAsync("/v1/functions", Stop)).StatusCode);
    }

    [Fact]
    public async Task Many_scrapers_at_once_get_whole_answers()
    {
        var scrapes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Admin.Http.GetStringAsync("/metrics", Stop)));
        Assert.All(scrapes, text => Assert.EndsWith($"faas_metrics_functions{{kind=\"max\"}} 1000\n", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task They_tell_what_logs_take_of_the_disk()
    {
        await Platform.DeployAsync("echo-log", "echo.py");
        await Platform.CallAsync("echo-log/log").TextAsync();
        await Eventually.HoldsAsync("bytes of logs", async () => (await Admin.Http.GetStringAsync("/metrics", Stop)).Split('\n').Any(
            line => line.StartsWith("faas_log_bytes ", StringComparison.Ordinal) && line != "faas_log_bytes 0"));
    }

    [Fact]
    public async Task Prometheus_takes_the_configuration_and_the_rules()
    {
        PrometheusServer.Require();
        var folder = PrometheusServer.Configure(Platform);
        (await Command.RunAsync("promtool", ["check", "config", Path.Combine(folder, "prometheus.yml")])).Succeeded();
        (await Command.RunAsync("promtool", ["test", "rules", "faas.rules.test.yml"], Path.Combine(Repository.Root, "tests/Faas.EndToEnd.Tests/Prometheus"))).Succeeded();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Prometheus_finds_nothing_to_complain_about_in_a_scrape()
    {
        PrometheusServer.Require();
        var scraped = Path.GetTempFileName();
        await File.WriteAllTextAsync(scraped, await Admin.Http.GetStringAsync("/metrics", Stop), Stop);
        var result = await Command.RunAsync("bash", ["-c", $"promtool check metrics < {scraped}"]);
        File.Delete(scraped);
        var complaints = result.All.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith("faas_", StringComparison.Ordinal) || line.StartsWith("error", StringComparison.Ordinal));
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Each_alert_has_a_case()
    {
        var cases = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "tests/Faas.EndToEnd.Tests/Prometheus/faas.rules.test.yml"), Stop);
        var rules = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "deploy/prometheus/faas.rules.yml"), Stop);
        Assert.All(
            rules.Where(line => line.Contains("- alert:", StringComparison.Ordinal)).Select(line => line.Split(':')[1].Trim()),
            alert => Assert.Contains($"alertname=\"{alert}\"".Replace("alertname=\"FaasControllerDown\"", "alertname: FaasControllerDown", StringComparison.Ordinal), cases, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_panel_and_rule_asks_for_what_a_scraped_platform_has()
    {
        PrometheusServer.Require();
        var name = await UseEverythingAsync();
        await using var prometheus = await PrometheusServer.StartAsync(PrometheusServer.Configure(Platform));
        await Eventually.HoldsAsync("a scrape", async () => await prometheus.ValueAsync("up{job=\"faas\"}") is 1);
        await Eventually.HoldsAsync("three calls", async () => await prometheus.ValueAsync($"sum(faas_invocations_total{{function=\"{name}\"}})") >= 3);
        await Platform.CallAsync($"{name}/ok").TextAsync();
        await Eventually.HoldsAsync("a rate", async () => await prometheus.ValueAsync($"sum(rate(faas_invocations_total{{function=\"{name}\",outcome=\"none\"}}[1m]))") > 0);

        var totals = (await Admin.DescribeAsync(name)).Totals;
        Assert.Equal((double)totals.Cost, await prometheus.ValueAsync($"sum(faas_cost_total{{function=\"{name}\"}})") ?? -1, 1e-12);
        var ran = (await Admin.InvocationsAsync($"function={name}&limit=1000")).Count(record => record.Instance.Length > 0);   // the event's attempt among them
        Assert.Equal(ran, await prometheus.ValueAsync($"sum(faas_invocation_duration_seconds_count{{function=\"{name}\"}})"));
        Assert.Equal(totals.GiBSeconds, await prometheus.ValueAsync($"sum(faas_billed_gib_seconds_total{{function=\"{name}\"}})") ?? -1, 1e-9);
        foreach (var (panel, expression) in Dashboard.Files.SelectMany(Dashboard.Queries))
        {
            if (await prometheus.CountAsync(expression) == 0)
            {
                Assert.True(Rare.Any(metric => expression.Contains(metric, StringComparison.Ordinal)), $"'{panel}' shows nothing: {expression}");
            }
        }

        await Eventually.HoldsAsync("all rules evaluated", async () => (await prometheus.RulesAsync()).Values.All(health => health == "ok"));
        Assert.Equal(0, await prometheus.CountAsync("ALERTS{alertname=~\"FaasControllerDown|FaasGatewayDisconnected|FaasUsage.*|FaasScrapeIncomplete\"}"));
        Assert.True(await prometheus.CountAsync("ALERTS{alertname=\"FaasDeadLettersGrow\"}") > 0);
    }

    /// <summary>A function that has been called, has failed, has a dead letter and a trigger.</summary>
    private async Task<string> UseEverythingAsync()
    {
        var name = TestFunctions.NewName("metrics");
        await Platform.DeployAsync(name, "trouble.py", spec => spec with
        {
            Async = new AsyncSpec { MaxAttempts = 1 },
            Triggers = [new TriggerSpec { Cron = new CronSpec { Schedule = "0 0 1 1 *" } }],
            KeepAlive = TimeSpan.FromSeconds(1),
        });
        await Admin.EndedAsync(await Platform.AcceptAsync(name, "/exit"));
        await Admin.InstancesAsync(name, 0);
        await Platform.CallAsync($"{name}/ok").TextAsync();   // a cold start
        using var failed = await Platform.CallAsync($"{name}/throw");
        return name;
    }
}
