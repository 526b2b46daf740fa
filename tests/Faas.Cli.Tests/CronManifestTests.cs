using Faas.Cli.Manifest;
using Faas.Contracts.Functions;

namespace Faas.Cli.Tests;

/// <summary>Schedules among a manifest's <c>triggers:</c>.</summary>
public sealed class CronManifestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CronManifestTests() => _folder.Write("hello/handler.py", "");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_schedule_alone_has_the_defaults()
    {
        var (functions, problems) = Read("triggers: [{cron: 0 8 * * MON-FRI, name: mornings}]");
        Assert.Empty(problems);
        Assert.Equal(new TriggerSpec { Name = "mornings", Cron = new CronSpec { Schedule = "0 8 * * MON-FRI" } }, Assert.Single(Assert.Single(functions).Spec.Triggers!));
    }

    [Fact]
    public void Every_setting_of_cron_is_read()
    {
        var (functions, problems) = Read("""
            triggers:
                  - cron:
                      schedule: "@every 5m"
                      timeZone: Europe/Berlin
                      overlap: queue
                      catchUp: all
                      catchUpMax: 7
                      jitter: 30s
                      payload: '{"a":1}'
            """);
        Assert.Empty(problems);
        var expected = new CronSpec
        {
            Schedule = "@every 5m", TimeZone = "Europe/Berlin", Overlap = OverlapPolicy.Queue, CatchUp = CatchUpPolicy.All, CatchUpMax = 7, Jitter = TimeSpan.FromSeconds(30), Payload = """{"a":1}""",
        };
        Assert.Equal(expected, Assert.Single(Assert.Single(functions).Spec.Triggers!).Cron);
    }

    [Theory]
    [InlineData("triggers: [{cron: often}]", 4, 23, "triggers: 'often' is not a schedule")]
    [InlineData("triggers: [{cron: {schedule: \"@daily\", timeZone: Berlin}}]", 4, 54, "'Berlin' is not a time zone")]
    [InlineData("triggers: [{cron: {schedule: \"@daily\", overlap: wait}}]", 4, 53, "'overlap' must be skip, queue or allow, not 'wait'")]
    [InlineData("triggers: [{cron: {schedule: \"@daily\", catchUpMax: 0}}]", 4, 56, "'catchUpMax' was 0; must be 1 to 1,000")]
    [InlineData("triggers: [{cron: {schedule: \"@daily\", payload: hello}}]", 4, 53, "'payload' must be JSON")]
    [InlineData("triggers: [{cron: {schedule: \"@daily\", zone: UTC}}]", 4, 44, "unknown setting of 'cron' 'zone'")]
    [InlineData("triggers: [{cron: \"@daily\", topic: orders}]", 4, 16, "has 'cron' and 'topic'; write one trigger for each")]
    public void A_mistake_is_reported_where_it_is(string settings, int line, int column, string message)
    {
        var problem = Assert.Single(Read(settings).Problems);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal((line, column), (problem.Line, problem.Column));
    }

    [Fact]
    public void Settings_without_a_schedule_are_refused_with_an_example() =>
        Assert.Contains(Read("triggers: [{cron: {timeZone: UTC}}]").Problems, problem => problem.Message.Contains("'cron' must be a schedule like", StringComparison.Ordinal));

    private (IReadOnlyList<ManifestFunction> Functions, IReadOnlyList<ManifestProblem> Problems) Read(string settings) =>
        ManifestReader.Read("faas.yaml", _folder.Path, $"functions:\n  hello:\n    runtime: python\n    {settings}\n");
}
