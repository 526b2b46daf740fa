using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Metering;
using Faas.Gateway.Routing;
using Faas.Gateway.Usage;
using Faas.Link;
using Route = Faas.Link.Route;

namespace Faas.Gateway.Uplink;

/// <summary>
/// Applies what the controller says to routes, gates and instances. One reader at a time. What a complete picture (SyncBegin to SyncEnd)
/// doesn't mention is removed at its end; a picture that breaks off removes nothing.
/// </summary>
internal sealed class ControllerPicture(RouteTable routes, GateTable gates, Outbox outbox, IUsageUplink usage, PriceList prices)
{
    private HashSet<string>? _routesMentioned;
    private HashSet<string>? _instancesMentioned;

    /// <summary>A connection begins.</summary>
    public void Begin()
    {
        Reset();
        usage.Restart();
    }

    /// <summary>The connection ended.</summary>
    public void End()
    {
        Reset();
        usage.Pause();
    }

    /// <summary>An unfinished picture is void.</summary>
    private void Reset()
    {
        _routesMentioned = null;
        _instancesMentioned = null;
    }

    /// <summary>Applies one message.</summary>
    public void Apply(ControllerMessage message)
    {
        switch (message.MessageCase)
        {
            case ControllerMessage.MessageOneofCase.SyncBegin:
                _routesMentioned = new HashSet<string>(StringComparer.Ordinal);
                _instancesMentioned = new HashSet<string>(StringComparer.Ordinal);
                break;
            case ControllerMessage.MessageOneofCase.Route:
                Set(message.Route);
                break;
            case ControllerMessage.MessageOneofCase.RouteRemoved:
                Remove(message.RouteRemoved.Function);
                break;
            case ControllerMessage.MessageOneofCase.InstanceReady:
                Add(message.InstanceReady);
                break;
            case ControllerMessage.MessageOneofCase.Drain:
                Drain(message.Drain);
                break;
            case ControllerMessage.MessageOneofCase.InstanceGone:
                End(message.InstanceGone);
                break;
            case ControllerMessage.MessageOneofCase.Freeze:
                if (gates.TryFind(message.Freeze.Instance, out var idle))
                {
                    idle.Gate.Freeze(idle);
                }

                break;
            case ControllerMessage.MessageOneofCase.Thawed:
                if (gates.TryFind(message.Thawed.Instance, out var awake))
                {
                    awake.Gate.Thaw(awake);
                }

                break;
            case ControllerMessage.MessageOneofCase.ActivationFailed:
                if (gates.TryFindGate(message.ActivationFailed.Revision, out var gate))
                {
                    gate.ActivationFailed(ErrorFrom(message.ActivationFailed.Error, InvocationError.Unavailable), message.ActivationFailed.Detail);
                }

                break;
            case ControllerMessage.MessageOneofCase.ActivationHeld:
                if (gates.TryFindGate(message.ActivationHeld.Revision, out var held))
                {
                    held.ActivationHeld(message.ActivationHeld.Detail);
                }

                break;
            case ControllerMessage.MessageOneofCase.Prices:
                prices.Set(message.Prices);
                break;
            case ControllerMessage.MessageOneofCase.UsageAck:
                usage.Acknowledge(message.UsageAck);
                break;
            case ControllerMessage.MessageOneofCase.Fence:
                outbox.Post(new GatewayMessage { FencePassed = new FencePassed { Number = message.Fence.Number } });
                break;
            case ControllerMessage.MessageOneofCase.SyncEnd:
                EndSync();
                break;
        }
    }

    private void Set(Route route)
    {
        _routesMentioned?.Add(route.Function);
        var gate = gates.GateOf(route.Revision);
        gate.Open();
        var earlier = routes.Set(new FunctionRoute(route, gate));
        if (earlier is not null && earlier.Gate != gate)
        {
            earlier.Gate.SupersedeBy(gate);
            ForgetIfUnused(earlier.Gate);
        }
    }

    private void Remove(string function)
    {
        if (routes.Remove(function) is { } removed)
        {
            removed.Gate.Close($"function '{function}' was deleted");
            ForgetIfUnused(removed.Gate);
        }
    }

    private void Add(InstanceReady ready)
    {
        _instancesMentioned?.Add(ready.Instance);
        if (outbox.WasDiscarded(ready.Instance, out var reason))
        {
            outbox.Discard(ready.Instance, reason);
        }
        else if (!gates.TryFind(ready.Instance, out var known))
        {
            gates.Add(ready.Instance, ready.Revision, ready.Slots, new InstanceEndpoint(ready.Socket, ready.Address), ready.IsFrozen,
                new ActivationSpan(ready.ReadyUnixUs, ready.StemWaitUs, ready.SpecializeUs), new GroupFolders(ready.CpuFolder, ready.MemoryFolder));
        }
        else if (ready.IsFrozen)
        {
            known.Gate.Freeze(known);
        }
        else
        {
            known.Gate.Thaw(known);   // a controller that was restarted has thawed what it adopted
        }
    }

    private void Drain(Drain drain)
    {
        if (gates.TryFind(drain.Instance, out var instance))
        {
            instance.Gate.Drain(instance, drain.OnlyIfIdle);
        }
        else
        {
            outbox.Drained(drain.Instance);
        }
    }

    private void End(InstanceGone gone)
    {
        outbox.ForgetDiscarded(gone.Instance);
        if (gates.TryFind(gone.Instance, out var instance))
        {
            gates.End(gone.Instance, ErrorFrom(gone.Error, InvocationError.Crashed), gone.Detail.Length > 0 ? gone.Detail : "the instance ended");
            ForgetIfUnused(instance.Gate);
        }
    }

    private void EndSync()
    {
        if (_routesMentioned is not { } routesMentioned || _instancesMentioned is not { } instancesMentioned)
        {
            return;
        }

        Reset();
        foreach (var route in routes.All.Where(route => !routesMentioned.Contains(route.Function)).ToList())
        {
            Remove(route.Function);
        }

        foreach (var instance in gates.Instances.Where(instance => !instancesMentioned.Contains(instance.Id)).ToList())
        {
            gates.Retire(instance);
            ForgetIfUnused(instance.Gate);
        }

        outbox.KeepDiscarded(instancesMentioned);
        routes.MarkSynced();
        TellAgain();
    }

    /// <summary>What the controller may have missed while there was no connection.</summary>
    private void TellAgain()
    {
        foreach (var instance in gates.Instances)
        {
            if (instance.Gate.UseOf(instance) is { State: InstanceState.Draining, InUse: 0 })
            {
                outbox.Drained(instance);
            }
        }

        foreach (var gate in gates.Gates)
        {
            if (gate.Load().Waiting > 0)
            {
                outbox.CapacityWanted(gate);
            }
        }
    }

    private void ForgetIfUnused(Gate gate)
    {
        if (gate.Load().Instances == 0 && !routes.All.Any(route => route.Gate == gate))
        {
            gates.Forget(gate);
        }
    }

    private static InvocationError ErrorFrom(int error, InvocationError otherwise) =>
        error > 0 && Enum.IsDefined((InvocationError)error) ? (InvocationError)error : otherwise;
}
