using Faas.Controller.Link;
using Faas.Instances;
using Faas.Storage;

namespace Faas.Controller.Scaling;

/// <summary>The fleet as deployments and views see it: what serves, and what there is of it.</summary>
internal sealed class Fleet(FleetTable table, InstanceSteps steps, Scaler scaler, MemoryRoom room, GatewayLimits limits)
{
    /// <summary>Makes <paramref name="revision"/> known and serving, without an instance: what was deployed before this start.</summary>
    public void Restore(RevisionRecord revision, string codeFolder)
    {
        lock (table.Lock)
        {
            table.SetServing(table.PoolOf(revision, codeFolder));
            table.Outbox.Post(LinkMessages.Route(revision, limits, table.Holds.Of(revision.Function)));
        }
    }

    /// <summary>Takes over an instance that outlived an earlier controller.</summary>
    public void Adopt(InstanceHandle instance)
    {
        lock (table.Lock)
        {
            if (table.TryFindPool(instance.Revision, out var pool))
            {
                var hasRoom = pool.HasRoom;
                var adopted = steps.Ready(pool, instance, isPrewarmed: false);
                if (!hasRoom && adopted is not null)
                {
                    // The earlier controller was draining one while another had taken its place; which of them does not matter.
                    steps.Drain(adopted, DrainReason.Retired);
                }
            }
        }
    }

    /// <summary>
    /// Makes <paramref name="revision"/> serve, with <paramref name="first"/> as its first instance, and retires what served before.
    /// The instance is announced before the route, so that no request meets an empty revision.
    /// </summary>
    public void Serve(RevisionRecord revision, string codeFolder, InstanceHandle first)
    {
        lock (table.Lock)
        {
            // Going back to a revision that is still draining takes its pool up again: its old instances end as they would have.
            var pool = table.PoolOf(revision, codeFolder);
            pool.IsRetired = false;
            steps.Ready(pool, first, isPrewarmed: false);
            var previous = table.SetServing(pool);
            table.Outbox.Post(LinkMessages.Route(revision, limits, table.Holds.Of(revision.Function)));
            if (previous is not null)
            {
                // Who waits there moves to the new revision at the gateway, which then says so. What it said of the old one holds no more.
                pool.Activity.Rest(table.Now);
                Retire(previous);
            }

            scaler.KeepMinimum(pool, table.Now);
        }
    }

    /// <summary>Memory for the first start of a new revision. Waits for it; the result gives it back.</summary>
    public Task<IDisposable> ReserveAsync(int memoryMiB, CancellationToken ct)
    {
        lock (table.Lock)
        {
            return room.ReserveAsync(memoryMiB, ct);
        }
    }

    /// <summary>What instances may be allotted of the machine's memory, and what they are, in MiB.</summary>
    public (long CapacityMiB, long UsedMiB) Memory
    {
        get
        {
            lock (table.Lock)
            {
                return (room.CapacityMiB, room.UsedMiB);
            }
        }
    }

    /// <summary>Stops serving <paramref name="function"/>: what runs ends in peace, what waits is told that it is gone.</summary>
    public void Remove(string function)
    {
        lock (table.Lock)
        {
            if (table.RemoveServing(function) is { } pool)
            {
                table.Outbox.Post(LinkMessages.RouteRemoved(function));
                Retire(pool);
            }
        }
    }

    /// <summary>Whether <paramref name="revision"/> is one whose instances are worth keeping.</summary>
    public bool IsServing(string revision)
    {
        lock (table.Lock)
        {
            return table.TryFindPool(revision, out var pool) && !pool.IsRetired;
        }
    }

    /// <summary>Reads the pool that serves <paramref name="function"/> under the lock; null when nothing does.</summary>
    public T? Read<T>(string function, Func<RevisionPool, T?> read)
        where T : class
    {
        lock (table.Lock)
        {
            return table.ServingPool(function) is { } pool ? read(pool) : null;
        }
    }

    /// <summary>Reads every serving pool under the lock.</summary>
    public IReadOnlyList<T> ReadAll<T>(Func<RevisionPool, T> read)
    {
        lock (table.Lock)
        {
            return [.. table.Serving.Select(read)];
        }
    }

    private void Retire(RevisionPool pool)
    {
        pool.IsRetired = true;
        pool.Load = default;
        foreach (var instance in pool.Instances.Values)
        {
            steps.Drain(instance, DrainReason.Retired);
        }
    }
}
