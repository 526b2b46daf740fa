using Faas.Contracts.Functions;

namespace Faas.Events.Tests.Cron;

public sealed class CronSpecRulesTests
{
    private static readonly CronSpec Good = new() { Schedule = "0 8 * * MON-FRI" };

    public static TheoryData<CronSpec, string> Bad => new()
    {
        { Good with { Schedule = "8 o'clock" }, "cron[0].schedule" },
        { Good with { Schedule = new string('1', 201) }, "cron[0].schedule" },
        { Good with { TimeZone = "Middle/Earth" }, "cron[0].timeZone" },
        { Good with { Overlap = (OverlapPolicy)7 }, "cron[0].overlap" },
        { Good with { CatchUp = (CatchUpPolicy)7 }, "cron[0].catchUp" },
        { Good with { CatchUpMax = 0 }, "cron[0].catchUpMax" },
        { Good with { CatchUpMax = 1001 }, "cron[0].catchUpMax" },
        { Good with { Jitter = TimeSpan.FromSeconds(-1) }, "cron[0].jitter" },
        { Good with { Jitter = TimeSpan.FromMinutes(61) }, "cron[0].jitter" },
        { Good with { Payload = "{" }, "cron[0].payload" },
        { Good with { Payload = $"\"{new string('a', 65_536)}\"" }, "cron[0].payload" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_value_out_of_its_range_is_named_by_its_field(CronSpec spec, string field) => Assert.Equal([field], Problems(spec));

    [Fact]
    public void What_is_left_out_is_valid() => Assert.Empty(Problems(Good));

    [Fact]
    public void All_of_it_may_be_given() => Assert.Empty(Problems(new CronSpec
    {
        Schedule = "@every 90s",
        TimeZone = "Australia/Lord_Howe",
        Overlap = OverlapPolicy.Queue,
        CatchUp = CatchUpPolicy.All,
        CatchUpMax = 1000,
        Jitter = TimeSpan.FromHours(1),
        Payload = """{"report":"nightly"}""",
    }));

    private static List<string> Problems(CronSpec spec)
    {
        var problems = new List<string>();
        CronSpecRules.Check(spec, "cron[0]", (holds, field, _) =>
        {
            if (!holds)
            {
                problems.Add(field);
            }
        });
        return problems;
    }
}
