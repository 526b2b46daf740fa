using Faas.Contracts.Functions;
using Faas.Events.Cron;
using Faas.Events.Tests.Cron.Oracle;

namespace Faas.Events.Tests.Cron;

/// <summary>A year of many triggers, looked at at random, with restarts, crashes, downtimes and clocks set back.</summary>
public sealed class CronSimulationTests
{
    private const int Seed = 20261129;

    private static readonly string[] Zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago"];

    [Fact]
    public void A_year_of_a_thousand_schedules_fires_everything_once_when_all_is_caught_up()
    {
        var years = Zones.Select(zone => ZoneYear.Of(zone, 2028)).ToArray();
        var fired = 0L;
        for (var i = 0; i < 1000; i++)
        {
            var random = new Random(Seed + i);
            var year = years[i % years.Length];
            var (cron, expected) = Draw(random, year);
            var spec = new CronSpec
            {
                Schedule = cron.Text,
                TimeZone = year.Zone,
                Overlap = expected.Count < 2_000 && random.Next(2) == 0 ? OverlapPolicy.Queue : OverlapPolicy.Allow,
                CatchUp = CatchUpPolicy.All,
                CatchUpMax = 1000,
                Jitter = random.Next(3) == 0 ? TimeSpan.FromSeconds(random.Next(1, 3601)) : TimeSpan.Zero,
            };
            var simulated = new SimulatedTrigger($"seed {Seed + i}: '{cron.Text}' in {year.Zone}, {spec.Overlap}, jitter {spec.Jitter}", spec, random);
            simulated.Run(year, expected, canCrash: true);

            // What the last hour's jitter delays into the next year is not due at its end.
            var last = year.End.AddHours(-1).ToUnixTimeSeconds();
            var missing = expected.Where(time => time > simulated.DeployedAt && time < last).Except(simulated.Fired).Order().Take(3).ToList();
            var surplus = simulated.Fired.Where(time => time < last).Except(expected).Order().Take(3).ToList();
            Assert.True(missing.Count == 0, $"{simulated.Name}: missing {Times(missing)}");
            Assert.True(surplus.Count == 0, $"{simulated.Name}: not expected {Times(surplus)}");
            Assert.True(simulated.Fired.All(time => time > simulated.DeployedAt), $"{simulated.Name}: fired what was before its deployment");
            fired += simulated.Fired.Count;
        }

        Assert.True(fired > 1_000_000, $"Only {fired} firings; the draw has become too thin to prove anything.");
    }

    [Fact]
    public void Under_every_policy_each_occurrence_is_fired_or_counted_and_never_both()
    {
        var years = Zones.Select(zone => ZoneYear.Of(zone, 2027)).ToArray();
        for (var i = 0; i < 200; i++)
        {
            var random = new Random(Seed - 1 - i);
            var year = years[i % years.Length];
            var (cron, expected) = Draw(random, year);
            var spec = new CronSpec
            {
                Schedule = cron.Text,
                TimeZone = year.Zone,
                Overlap = (OverlapPolicy)random.Next(3),
                CatchUp = (CatchUpPolicy)random.Next(3),
                CatchUpMax = random.Next(1, 200),
            };
            var simulated = new SimulatedTrigger($"seed {Seed - 1 - i}: '{cron.Text}' in {year.Zone}, {spec.Overlap}, {spec.CatchUp}", spec, random);
            simulated.Run(year, expected, canCrash: false);
            Assert.True(simulated.Fired.IsSubsetOf(expected), $"{simulated.Name}: fired what was not scheduled");
            var wanted = expected.Count(time => time > simulated.DeployedAt);
            Assert.True(wanted == simulated.Fired.Count + simulated.Skipped, $"{simulated.Name}: {wanted} occurrences, {simulated.Fired.Count} fired, {simulated.Skipped} skipped");
        }
    }

    // Schedules of every minute say little more about changed clocks than others and take most of the time, so they are kept rarely.
    private static (RandomCron Cron, List<long> Expected) Draw(Random random, ZoneYear year)
    {
        while (true)
        {
            var cron = new RandomCron(random);
            if (cron.PerDay <= 12 || random.Next(40) == 0)
            {
                var expected = CronOracle.Firings(year, cron);
                if (expected.Count > 0)
                {
                    return (cron, expected);
                }
            }
        }
    }

    private static string Times(List<long> seconds) => string.Join(", ", seconds.Select(time => DateTimeOffset.FromUnixTimeSeconds(time).ToString("u")));
}
