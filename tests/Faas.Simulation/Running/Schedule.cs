using Faas.Contracts.Invocations;
using Faas.Simulation.Ends;

namespace Faas.Simulation.Running;

/// <summary>One schedule: things go wrong for some seconds, then they stop, and everybody must be served; then hours pass, and nothing may be left.</summary>
internal sealed class Schedule(int seed, Sabotage sabotage = Sabotage.None)
{
    private static readonly TimeSpan Start = TimeSpan.FromMilliseconds(500);

    private static readonly CallScript Probe = new(TimeSpan.FromMilliseconds(20));

    /// <summary>Until links are up and a restarted controller is back, and what was under way has been noticed.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(4.5);

    /// <summary>Runs it. The result's failure is null when every promise was kept.</summary>
    public ScheduleResult Run()
    {
        var context = SynchronizationContext.Current;
        World? world = null;
        try
        {
            world = new World(seed, sabotage);
            Run(world, new Deployments(world));
            return ResultOf(world, null);
        }
        catch (Exception e)
        {
            var what = e is BrokenPromiseException ? e.Message : e.ToString();
            return world is null ? new ScheduleResult(seed, 0, 0, default, 0, what) : ResultOf(world, $"seed {seed}: {what}\n{world.Trace.Tell()}");
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private ScheduleResult ResultOf(World world, string? failure) => new(seed, world.Steps, world.CallsMade, new(world.SentAhead, world.Recalled, world.GivenBack), world.Trace.Hash, failure);

    private static void Run(World world, Deployments deployments)
    {
        foreach (var spec in world.Plan.Functions)
        {
            deployments.Deploy(spec);
        }

        new Troubles(world, deployments).Begin();
        world.RunFor(world.Plan.Active);

        world.AreFaultsOn = false;
        world.Trace.Note("faults stop", "world");
        world.RunFor(Recovery);
        AnswerEverybody(world, deployments);
        if (!world.Plan.IsLeftAlone)
        {
            ServeEverybody(world);
            ServeBehindLongRuns(world);
        }

        Rest(world);
    }

    private static void AnswerEverybody(World world, Deployments deployments)
    {
        // The longest life: a wait, a run that goes on to its timeout, its grace, and the reason for a loss.
        var longest = world.Plan.WaitMax + TimeSpan.FromSeconds(10 + 1 + 2 + 15);
        var isDone = world.RunUntil(world.Time.Now + longest, () =>
        {
            world.Calls.RemoveAll(static call => call.IsSettled || call.IsLost);
            return world.Calls.Count == 0 && !deployments.IsAnyUnderWay;
        });
        Promises.Require(isDone, () => $"{world.Calls.Count} calls have no answer: {string.Join(", ", world.Calls.Select(c => $"{c.Function} of {c.CameAt.TotalSeconds:0.000} s ({c.Outcome})"))}");
        // What they found on the way out is said within a round, and the instances that they broke are replaced.
        world.RunFor(TimeSpan.FromSeconds(1));
    }

    /// <summary>One request to each function, all at once: who has no instance gets one, and if there is no room for all they take turns.</summary>
    private static void ServeEverybody(World world)
    {
        var isOver = false;
        var heavy = world.Plan.HasHeavyLoadAtEnd && world.Catalog.Count > 1 ? world.Catalog.Keys.First() : null;
        if (heavy is not null)
        {
            for (var i = 0; i < 12; i++)
            {
                _ = KeepCalling(world, heavy, () => isOver);
            }

            world.RunFor(TimeSpan.FromSeconds(2));
        }

        world.Trace.Note("probes", "world");
        var probes = new List<Call>();
        world.Time.After(TimeSpan.Zero, () => probes.AddRange(world.Catalog.Keys.Where(name => name != heavy).Select(name => world.Send(name, Probe))));
        world.RunFor(TimeSpan.Zero);
        // With room: a start, at worst after a freeze that has just begun. Without: a turn, an instance's end and a start for each.
        var bound = world.Plan.IsTight ? TimeSpan.FromSeconds(3 + (4 * world.Plan.Functions.Count)) : TimeSpan.FromSeconds(2.5);
        var end = world.Time.Now + bound;
        world.RunUntil(end, () => probes.TrueForAll(static probe => probe.Outcome is not null));
        isOver = true;
        foreach (var probe in probes)
        {
            Promises.Require(probe.Outcome == InvocationError.None, () => $"a request to {probe.Function} was not served within {bound.TotalSeconds} s, although nothing goes wrong any more: {probe.Outcome}");
        }
    }

    /// <summary>Where a function may grow, a request does not wait for one that runs long, however short they usually are.</summary>
    private static void ServeBehindLongRuns(World world)
    {
        if (world.Plan.IsTight || world.Plan.WaitMax < TimeSpan.FromSeconds(30))
        {
            return;
        }

        world.RunFor(TimeSpan.FromSeconds(1));   // who kept calling has stopped
        var probes = new List<(Call Call, TimeSpan Bound)>();
        foreach (var revision in world.Catalog.Values)
        {
            // On busy cores each second of waiting is worth an instance, and its start may take almost another. The long ones run longer than all of that.
            var spec = revision.Spec;
            var bound = TimeSpan.FromSeconds(2 + (1.5 * spec.MaxInstances));
            if (spec.Timeout <= bound || spec.MaxInstances == 1)
            {
                continue;
            }

            world.Time.After(TimeSpan.Zero, () =>
            {
                for (var i = 0; i < spec.Concurrency * (spec.MaxInstances - 1); i++)
                {
                    world.Send(revision.Function, new CallScript(world.Plan.WaitMax + TimeSpan.FromMinutes(1)));
                }
            });
            world.Time.After(Start, () => probes.Add((world.Send(revision.Function, Probe), bound)));
        }

        world.RunFor(Start);
        world.RunUntil(world.Time.Now + TimeSpan.FromSeconds(10), () => probes.TrueForAll(static probe => probe.Call.Outcome is not null));
        foreach (var (call, bound) in probes)
        {
            Promises.Require(call.Outcome is InvocationError.QueueFull || (call.Outcome == InvocationError.None && call.OverAt - call.CameAt <= bound),
                () => $"a request to {call.Function} waits behind long ones for {bound.TotalSeconds} s, although the function may have another instance: {call.Outcome}");
        }

        world.RunUntil(world.Time.Now + TimeSpan.FromSeconds(15), () =>
        {
            world.Calls.RemoveAll(static call => call.IsSettled || call.IsLost);
            return world.Calls.Count == 0;
        });
    }

    private static async Task KeepCalling(World world, string function, Func<bool> isOver)
    {
        var runs = world.Chance.Span(5, 300);
        while (!isOver())
        {
            var call = world.Send(function, new CallScript(runs));
            var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            call.WhenSettled(next);
            await next.Task;
            var pause = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            world.Time.After(TimeSpan.FromMilliseconds(1), pause.SetResult);
            await pause.Task;
        }
    }

    /// <summary>Hours pass. Nothing happens in them that needs looking at eight times a second, so the loops slow down.</summary>
    private static void Rest(World world)
    {
        world.RunFor(TimeSpan.FromSeconds(3));
        while (world.Slowness < 240)
        {
            world.Slowness *= 1.5;
            world.RunFor(TimeSpan.FromMilliseconds(600) * world.Slowness);
        }

        world.RunFor(TimeSpan.FromHours(5));
        world.Trace.Note("rest", "world");
        world.Promises.CheckRest();
    }
}

/// <summary>What came of a schedule.</summary>
/// <param name="Seed">Which one.</param>
/// <param name="Steps">Steps it took.</param>
/// <param name="Requests">Requests that were made.</param>
/// <param name="Ahead">What became of requests that were sent ahead.</param>
/// <param name="Hash">Stands for all that happened.</param>
/// <param name="Failure">What broke, with the last steps; null when nothing did.</param>
internal sealed record ScheduleResult(int Seed, long Steps, long Requests, AheadCounts Ahead, ulong Hash, string? Failure);

/// <summary>Requests that were sent ahead of their turn.</summary>
/// <param name="Sent">How many.</param>
/// <param name="Recalled">Of these, those that were recalled before they had begun.</param>
/// <param name="GivenBack">Of these, those that had not begun when their instance died.</param>
internal readonly record struct AheadCounts(long Sent, long Recalled, long GivenBack)
{
    public static AheadCounts operator +(AheadCounts a, AheadCounts b) => new(a.Sent + b.Sent, a.Recalled + b.Recalled, a.GivenBack + b.GivenBack);
}
