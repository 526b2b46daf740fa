using Faas.Contracts.Functions;
using Faas.Events.Cron;
using Faas.Events.Triggers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Faas.Events.Tests.Triggers;

public sealed class TriggerSpecRulesTests
{
    private static readonly CronSpec Daily = new() { Schedule = "@daily" };

    [Fact]
    public void Triggers_of_different_kinds_need_no_names() => Assert.Empty(Check(new TriggerSpec { Topic = "orders" }, new TriggerSpec { Cron = Daily }));

    [Fact]
    public void Two_topics_need_no_names_and_two_schedules_do()
    {
        Assert.Empty(Check(new TriggerSpec { Topic = "orders" }, new TriggerSpec { Topic = "payments" }));
        Assert.Contains("two triggers named 'cron'", Assert.Single(Check(new TriggerSpec { Cron = Daily }, new TriggerSpec { Cron = Daily })), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_a_functions_triggers_differ() =>
        Assert.Contains("two triggers named 'cron'", Assert.Single(Check(new TriggerSpec { Cron = Daily }, new TriggerSpec { Name = "cron", Topic = "orders" })), StringComparison.Ordinal);

    [Fact]
    public void A_trigger_has_exactly_one_kind()
    {
        Assert.Contains("must say what invokes", Assert.Single(Check(new TriggerSpec { Name = "nothing" })), StringComparison.Ordinal);
        Assert.Contains("has 'cron' and 'topic'; write one trigger for each", Assert.Single(Check(new TriggerSpec { Topic = "orders", Cron = Daily })), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.b")]
    [InlineData("A")]
    [InlineData("a/b")]
    [InlineData("")]
    public void A_name_is_a_label(string name) => Assert.Single(Check(new TriggerSpec { Name = name, Topic = "orders" }));

    [Fact]
    public void There_are_at_most_sixteen() =>
        Assert.Single(Check([.. Enumerable.Range(0, 17).Select(number => new TriggerSpec { Name = $"t{number}", Topic = "orders" })]));

    [Fact]
    public void A_bad_topic_or_schedule_is_named_with_its_place()
    {
        Assert.StartsWith("triggers[0]: 'topic'", Assert.Single(Check(new TriggerSpec { Topic = "no topic" })), StringComparison.Ordinal);
        Assert.StartsWith("triggers[0].cron.schedule: ", Assert.Single(Check(new TriggerSpec { Cron = new CronSpec { Schedule = "whenever" } })), StringComparison.Ordinal);
    }

    [Fact]
    public void Batches_need_answers_that_are_kept_for_a_while()
    {
        var stream = new TriggerSpec { RedisStream = new RedisStreamSpec { Url = "redis://localhost", Stream = "orders", BatchSize = 2 } };
        Assert.Empty(Check(stream));
        var problem = Assert.Single(FunctionSpecRules.Check(Spec(stream) with { Async = new AsyncSpec { KeepResult = TimeSpan.Zero } }));
        Assert.Equal("triggers[0].redisStream.batchSize", problem.Field);
    }

    [Fact]
    public void A_schedule_that_only_a_parser_refuses_is_refused_at_deployment()
    {
        var kinds = new TriggerKinds([new CronKind(NullLogger<CronSource>.Instance), new TopicKind()]);
        var spec = Spec(new TriggerSpec { Topic = "orders" }, new TriggerSpec { Cron = new CronSpec { Schedule = "61 8 * * *" } });
        Assert.Empty(FunctionSpecRules.Check(spec));
        Assert.StartsWith("triggers[1].cron.schedule: '61 8 * * *' is not a cron expression", kinds.ProblemOf(spec), StringComparison.Ordinal);
        Assert.Null(kinds.ProblemOf(Spec(new TriggerSpec { Cron = Daily })));
    }

    private static List<string> Check(params IReadOnlyList<TriggerSpec> triggers) => [.. FunctionSpecRules.Check(Spec(triggers)).Select(problem => $"{problem.Field}: {problem.Message}")];

    private static FunctionSpec Spec(params IReadOnlyList<TriggerSpec> triggers) => new() { Name = "hello", Runtime = Runtimes.Python, CodeDigest = new string('a', 64), Triggers = triggers };
}
