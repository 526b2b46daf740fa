using Faas.Controller.Link;
using Faas.Controller.Scaling;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Controller.Tests.Scaling;

public sealed class IdleTimesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("faas-t").FullName;
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(50));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_was_learned_outlives_a_restart_and_the_pause_in_between_counts()
    {
        var file = new IdleTimesFile(Path.Combine(_folder, "idle-times.json"));
        var before = new FleetTable(new GatewayOutbox(), file.Load(), _clock);
        for (var i = 1; i <= 3; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(30));
            before.ActivityOf("f").Observe("r1", i, isBusy: false, TimeSpan.Zero, _clock.GetUtcNow());
        }

        using (var keeper = new IdleTimesKeeper(before, file, _clock, NullLogger<IdleTimesKeeper>.Instance))
        {
            await keeper.StartAsync(TestContext.Current.CancellationToken);
            await keeper.StopAsync(TestContext.Current.CancellationToken);
        }

        _clock.Advance(TimeSpan.FromMinutes(30));
        var after = new FleetTable(new GatewayOutbox(), file.Load(), _clock).ActivityOf("f");
        Assert.Equal(TimeSpan.FromMinutes(30), after.Idle(_clock.GetUtcNow()));
        after.Observe("r1", 1, isBusy: true, TimeSpan.Zero, _clock.GetUtcNow());
        Assert.Equal(before.ActivityOf("f").History.Count + 1, after.History.Count);
        Assert.Equal(TimeSpan.FromMinutes(30), after.History.Percentile(0.5));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"f\": 5}")]
    [InlineData("{\"f\": {\"quietSince\": \"2026-01-01T00:00:00Z\", \"idleTimes\": \"no such thing\"}}")]
    public async Task A_file_that_cannot_be_read_is_taken_for_none(string text)
    {
        var path = Path.Combine(_folder, "idle-times.json");
        await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
        var table = new FleetTable(new GatewayOutbox(), new IdleTimesFile(path).Load(), _clock);
        Assert.Equal(0, table.ActivityOf("f").History.Count);
    }

    [Fact]
    public void Calls_that_follow_each_other_closely_are_no_pauses()
    {
        var activity = new FunctionActivity(_clock.GetUtcNow(), new Controller.Scaling.KeepAlive.IdleHistory());
        for (var i = 1; i <= 100; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(i % 10 == 0 ? 60 : 1));
            activity.Observe("r1", i, isBusy: false, TimeSpan.Zero, _clock.GetUtcNow());
        }

        Assert.Equal(10, activity.History.Count);
    }

    [Fact]
    public void A_long_invocation_is_no_pause()
    {
        var activity = new FunctionActivity(_clock.GetUtcNow(), new Controller.Scaling.KeepAlive.IdleHistory());
        activity.Observe("r1", 1, isBusy: true, TimeSpan.Zero, _clock.GetUtcNow());
        _clock.Advance(TimeSpan.FromMinutes(10));
        activity.Observe("r1", 2, isBusy: true, TimeSpan.Zero, _clock.GetUtcNow());
        Assert.Equal(0, activity.History.Count);
        Assert.Equal(TimeSpan.Zero, activity.Idle(_clock.GetUtcNow()));
    }

    [Fact]
    public void A_gateway_that_was_restarted_counts_from_the_beginning()
    {
        var activity = new FunctionActivity(_clock.GetUtcNow(), new Controller.Scaling.KeepAlive.IdleHistory());
        activity.Observe("r1", 500, isBusy: false, TimeSpan.Zero, _clock.GetUtcNow());
        activity.Observe("r1", 3, isBusy: false, TimeSpan.Zero, _clock.GetUtcNow());
        Assert.Equal(503, activity.Arrivals);
    }
}
