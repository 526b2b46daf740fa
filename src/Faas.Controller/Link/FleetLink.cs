using System.Threading.Channels;
using Faas.Controller.Budgets;
using Faas.Controller.Scaling;
using Faas.Link;

namespace Faas.Controller.Link;

/// <summary>Gives a gateway that connects the complete picture, and everything that changes after it.</summary>
internal sealed class FleetLink(FleetTable table, GatewayLimits limits, TimeProvider time)
{
    /// <summary>Longest wait for a gateway to apply a change, which takes it well below a millisecond.</summary>
    private static readonly TimeSpan AppliedMax = TimeSpan.FromSeconds(5);

    /// <summary>What gateways are to know of prices; guarded by the table's lock.</summary>
    private ControllerMessage _prices = LinkMessages.Prices([]);

    private readonly GatewayFences _fences = new(table.Outbox);

    /// <summary>Whether a gateway is connected.</summary>
    public bool IsConnected
    {
        get
        {
            lock (table.Lock)
            {
                return table.Outbox.IsConnected;
            }
        }
    }

    /// <summary>A gateway connected: everything it must know, then everything that changes.</summary>
    public Channel<ControllerMessage> Connect(string version)
    {
        lock (table.Lock)
        {
            _fences.ReleaseAll();
            var outbox = table.Outbox;
            var channel = outbox.Open();
            outbox.Post(new ControllerMessage { SyncBegin = new SyncBegin { ControllerVersion = version } });
            outbox.Post(_prices);
            foreach (var pool in table.Serving)
            {
                outbox.Post(LinkMessages.Route(pool.Revision, limits, table.Holds.Of(pool.Revision.Function)));
            }

            foreach (var pool in table.Pools)
            {
                foreach (var instance in pool.Instances.Values)
                {
                    Announce(pool, instance);
                }
            }

            outbox.Post(new ControllerMessage { SyncEnd = new SyncEnd() });
            return channel;
        }
    }

    /// <summary>The gateway of <paramref name="channel"/> is gone.</summary>
    public void Disconnect(Channel<ControllerMessage> channel)
    {
        lock (table.Lock)
        {
            table.Outbox.Close(channel);
            if (!table.Outbox.IsConnected)
            {
                _fences.ReleaseAll();
            }
        }
    }

    /// <summary>Completes when the gateway routes by all that was changed so far, or when there is none to wait for.</summary>
    public async Task AppliedAsync(CancellationToken ct)
    {
        Task applied;
        lock (table.Lock)
        {
            applied = _fences.Post();
        }

        try
        {
            await applied.WaitAsync(AppliedMax, time, ct);
        }
        catch (TimeoutException)
        {
            // A gateway that hangs is the supervisor's to restart; what was deployed is saved, and serves when the gateway is back.
        }
    }

    /// <summary>The gateway has applied everything up to a fence.</summary>
    public void OnFencePassed(long number)
    {
        lock (table.Lock)
        {
            _fences.Passed(number);
        }
    }

    /// <summary>Tells the gateway of the functions that are held back otherwise than before. Functions that are deployed later are held back by the same.</summary>
    public void Hold(BudgetHolds holds)
    {
        lock (table.Lock)
        {
            var before = table.Holds;
            table.Holds = holds;
            foreach (var pool in table.Serving)
            {
                var hold = holds.Of(pool.Revision.Function);
                if (hold != before.Of(pool.Revision.Function))
                {
                    table.Outbox.Post(LinkMessages.Route(pool.Revision, limits, hold));
                }
            }
        }
    }

    /// <summary>Tells the gateway what invocations cost, and every one that connects.</summary>
    public void TellPrices(ControllerMessage prices)
    {
        lock (table.Lock)
        {
            _prices = prices;
            table.Outbox.Post(prices);
        }
    }

    /// <summary>Posts a message that is not about the fleet.</summary>
    public void Post(ControllerMessage message)
    {
        lock (table.Lock)
        {
            table.Outbox.Post(message);
        }
    }

    private void Announce(RevisionPool pool, PooledInstance instance)
    {
        if (instance.Freeze == FreezeState.Asked)
        {
            instance.Freeze = FreezeState.Awake;   // an answer to an earlier connection's question is not waited for
        }

        var isFrozen = instance.Freeze != FreezeState.Awake;
        table.Outbox.Post(LinkMessages.InstanceReady(instance.Handle, pool.Spec.Concurrency, isFrozen));
        if (instance.Draining is { } reason)
        {
            table.Outbox.Post(LinkMessages.Drain(instance.Handle.Id, reason is DrainReason.Idle or DrainReason.Evicted));
        }
    }
}
