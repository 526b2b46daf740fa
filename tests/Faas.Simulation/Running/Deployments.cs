using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Instances;
using Faas.Simulation.Parts;
using Faas.Storage;

namespace Faas.Simulation.Running;

/// <summary>Deploys and deletes functions, one change of each at a time, in the steps of the controller's Deployer and RevisionTrial.</summary>
internal sealed class Deployments(World world)
{
    /// <summary>As RevisionTrial's.</summary>
    private static readonly TimeSpan MemoryPatience = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, List<RevisionRecord>> _revisions = [];
    private readonly Dictionary<string, ControllerBoot> _underWay = [];

    /// <summary>Whether a change is being made.</summary>
    public bool IsAnyUnderWay => _underWay.Values.Any(boot => !boot.IsOver);

    /// <summary>Deploys a new version, or an old one again. Nothing while there is no controller or another change is being made.</summary>
    public void Deploy(FunctionSpec spec)
    {
        if (!TryBegin(spec.Name, out var boot))
        {
            return;
        }

        if (!_revisions.TryGetValue(spec.Name, out var known))
        {
            _revisions[spec.Name] = known = [];
        }

        RevisionRecord revision;
        if (known.Count > 0 && world.Chance.OneIn(3))
        {
            revision = world.Chance.Pick(known);
        }
        else
        {
            revision = new RevisionRecord($"{spec.Name}-{known.Count + 1}", spec.Name, known.Count == 0 ? spec : Plan.Next(spec, world.Chance), "", world.Time.GetUtcNow());
            known.Add(revision);
        }

        if (world.Catalog.GetValueOrDefault(spec.Name)?.Id == revision.Id)
        {
            _underWay.Remove(spec.Name);
            return;   // unchanged
        }

        world.Trace.Note("deploy begins", revision.Id);
        _ = RunAsync(revision, boot);
    }

    public void Delete(string function)
    {
        if (TryBegin(function, out var boot))
        {
            if (world.Catalog.Remove(function))
            {
                world.Trace.Note("deleted", function);
                boot.Parts.Fleet.Remove(function);
            }

            _underWay.Remove(function);
        }
    }

    private bool TryBegin(string function, out ControllerBoot boot)
    {
        boot = world.Controller!;
        return boot is not null && (!_underWay.TryGetValue(function, out var other) || other.IsOver) && (_underWay[function] = boot) == boot;
    }

    private async Task RunAsync(RevisionRecord revision, ControllerBoot boot)
    {
        try
        {
            await TryAsync(revision, boot);
        }
        catch (OperationCanceledException)
        {
            world.Trace.Note("deploy gives up", revision.Id, "no memory");
        }
        catch (Exception e)
        {
            world.Fail(e);
        }

        if (!boot.IsOver)
        {
            _underWay.Remove(revision.Function);
        }
    }

    private async Task TryAsync(RevisionRecord revision, ControllerBoot boot)
    {
        using var deadline = new CancellationTokenSource(MemoryPatience, world.Time);
        using var memory = await boot.Parts.Fleet.ReserveAsync(revision.Spec.MemoryMiB, deadline.Token);
        if (boot.IsOver || await StartAsync(revision, boot) is not { } first)
        {
            return;
        }

        // Saving takes a moment, and only then does it serve.
        await PauseAsync(world.Chance.Span(0.5, 20));
        if (boot.IsOver)
        {
            return;
        }

        world.Catalog[revision.Function] = revision;
        if (world.Chance.OneIn(4))
        {
            await PauseAsync(world.Chance.Span(0.1, 5));
            if (boot.IsOver)
            {
                return;
            }
        }

        world.Trace.Note("serves", revision.Id, first.Id);
        world.Promises.Revived(boot.Parts.Table.TryFindPool(revision.Id, out var pool) ? pool : null);
        boot.Parts.Fleet.Serve(revision, "", first);
    }

    private static Task<InstanceHandle?> StartAsync(RevisionRecord revision, ControllerBoot boot)
    {
        var started = new TaskCompletionSource<InstanceHandle?>(TaskCreationOptions.RunContinuationsAsynchronously);
        boot.Host.Start(revision, (instance, _) => started.SetResult(instance));
        return started.Task;
    }

    private Task PauseAsync(TimeSpan time)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Time.After(time, over.SetResult);
        return over.Task;
    }
}
