using Faas.Contracts.Functions;
using Faas.Events.Cron;
using Faas.Events.Tests.Cron.Oracle;

namespace Faas.Events.Tests.Cron;

/// <summary>A trigger and what surrounds it: a clock, a queue that takes an id once, a store of the state, and a process that is restarted and crashes.</summary>
internal sealed class SimulatedTrigger(string name, CronSpec spec, Random random)
{
    private const string TriggerId = "report.nightly";
    private const int DueMax = 900;   // occurrences between two looks, below what is caught up

    private readonly HashSet<long> _mayRepeat = [];
    private CronSchedule _schedule = CronScheduleTests.Parse(spec, TriggerId);
    private CronState? _state;
    private bool _isOpen;
    private DateTimeOffset? _lookAgainAt;
    private DateTimeOffset _latest;   // what waits has come due, even where the clock was set back since

    public string Name => name;

    /// <summary>Scheduled times of the events that the queue has taken.</summary>
    public HashSet<long> Fired { get; } = [];

    public long Skipped { get; private set; }

    public long DeployedAt { get; private set; }

    /// <summary>Runs from some time in the first days of <paramref name="year"/> to its end.</summary>
    public void Run(ZoneYear year, List<long> expected, bool canCrash)
    {
        var now = year.Begin.AddSeconds(random.Next(200_000)).AddMilliseconds(random.Next(1000));
        DeployedAt = now.ToUnixTimeSeconds();
        var end = year.End.AddSeconds(-1);   // its last second
        Look(now, false);
        while (now < end)
        {
            now = NextLook(now, end, expected);
            if (random.Next(8) == 0)
            {
                _schedule = CronScheduleTests.Parse(spec, TriggerId);   // a restart
            }

            if (random.Next(20) == 0)
            {
                Look(now - TimeSpan.FromMinutes(random.Next(1, 200)), false);   // the clock was wrong for a moment
            }

            Look(now, canCrash && random.Next(10) == 0);
            Drain(now);
        }

        _isOpen = false;
        Look(now, false);
        Drain(now, toTheEnd: true);
    }

    // When the trigger asks for it; a bit late; or after hours and days in which the platform was down.
    private DateTimeOffset NextLook(DateTimeOffset now, DateTimeOffset end, List<long> expected)
    {
        var wanted = random.Next(4) switch
        {
            0 => _lookAgainAt ?? end,
            1 => (_lookAgainAt ?? now).AddMilliseconds(random.Next(200_000)),
            2 => now.AddHours(random.NextDouble() * 30),
            _ => now.AddDays(random.NextDouble() * 12),
        };
        var index = expected.BinarySearch(now.ToUnixTimeSeconds());
        var limit = (index < 0 ? ~index : index) + DueMax;
        var latest = limit < expected.Count ? DateTimeOffset.FromUnixTimeSeconds(expected[limit]) : end;
        var next = wanted < latest ? wanted : latest;
        return next > now ? (next < end ? next : end) : now.AddMilliseconds(1);
    }

    private void Look(DateTimeOffset now, bool crashes)
    {
        var decision = CronCursor.Decide(_schedule, _state, new CronLook(now, _isOpen, false));
        var before = DateTimeOffset.MinValue;
        _latest = now > _latest ? now : _latest;
        foreach (var firing in decision.Firings)
        {
            var scheduled = firing.ScheduledAt.ToUnixTimeSeconds();
            var isInOrder = firing.ScheduledAt > before && firing.FireAt <= _latest;
            var isItself = firing.FireAt >= firing.ScheduledAt && firing.FireAt - firing.ScheduledAt <= spec.Jitter && firing.Id == CronFiring.IdOf(TriggerId, firing.ScheduledAt);
            var isNew = Fired.Add(scheduled) || _mayRepeat.Contains(scheduled);
            if (!isInOrder || !isItself || !isNew)
            {
                Assert.Fail($"{name}: in order and time: {isInOrder}, as computed: {isItself}, not fired before: {isNew}, at {now:O}: {firing}");
            }

            before = firing.ScheduledAt;
        }

        if (crashes && _state is not null)
        {
            // The events are in the queue, and what was decided is lost: only these may come again, as the same events.
            _mayRepeat.UnionWith(decision.Firings.Select(firing => firing.ScheduledAt.ToUnixTimeSeconds()));
            return;
        }

        Skipped += decision.Skipped.Total;
        Assert.False(decision.Skipped.IsAtLeast);
        _state = decision.State;
        _lookAgainAt = decision.LookAgainAt;
        _isOpen = decision.Firings.Count > 0 || (_isOpen && _state.LastFired is not null);
    }

    // Runs end, one after the other; sometimes the last one has not at the next look. Long lines are always run down, so that none is ever full.
    private void Drain(DateTimeOffset now, bool toTheEnd = false)
    {
        while (_state!.Waiting.Count > 0 && (toTheEnd || _state.Waiting.Count > 100 || random.Next(20) > 0))
        {
            _isOpen = false;
            Look(now, false);
        }

        _isOpen = _isOpen && random.Next(3) == 0;
    }
}
