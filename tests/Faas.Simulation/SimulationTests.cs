using System.Diagnostics;
using System.Globalization;
using Faas.Simulation.Running;

namespace Faas.Simulation;

/// <summary>
/// The gateway's and the controller's real classes in random schedules: callers, deployments, idleness, too little memory, links that break, processes that
/// are restarted, instances that crash. FAAS_SEED=12345 runs that schedule alone; FAAS_SCHEDULES says how many are run.
/// </summary>
public sealed class SimulationTests
{
    /// <summary>As many as two cores run in about a minute.</summary>
    private const int SchedulesByDefault = 20_000;

    [Fact]
    public void No_schedule_breaks_a_promise()
    {
        var seed = Number("FAAS_SEED");
        var result = Schedules.Run(seed ?? 1, Number("FAAS_SCHEDULES") ?? (seed is null ? SchedulesByDefault : 1));
        TestContext.Current.TestOutputHelper?.WriteLine(result.ToJson());
        Assert.True(result.FailureCount == 0, $"{result.FailureCount} of {result.Count} schedules failed; FAAS_SEED=n replays one.\n{string.Join('\n', result.Failures.Select(f => f.Failure))}");
    }

    [Fact]
    public void Schedules_send_requests_ahead_and_recall_them_and_instances_die_before_these_have_begun()
    {
        var ahead = Schedules.Run(1, 500).Ahead;
        Assert.True(ahead is { Sent: > 0, Recalled: > 0, GivenBack: > 0 }, ahead.ToString());
    }

    [Fact]
    public void The_same_seed_gives_the_same_schedule()
    {
        for (var seed = 1; seed <= 100; seed++)
        {
            var first = new Schedule(seed).Run();
            Assert.Equal(first, new Schedule(seed).Run());
        }
    }

    /// <summary>Hash codes of strings differ from process to process; nothing may depend on their order.</summary>
    [Fact]
    public async Task A_schedule_is_the_same_in_every_process()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["fingerprint"]) { RedirectStandardOutput = true };
        using var other = Process.Start(start)!;
        var text = await other.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Schedules.Fingerprint().ToString(CultureInfo.InvariantCulture), text.Trim());
    }

    private static int? Number(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
