using Faas.Controller.Link;
using Faas.Controller.Scaling;
using Faas.Controller.Scaling.KeepAlive;
using Faas.Link;
using Faas.Simulation.Ends;
using Faas.Simulation.Running;
using Microsoft.Extensions.Logging.Abstractions;

namespace Faas.Simulation.Parts;

/// <summary>One start of the controller: its real parts, and what it has done on the machine.</summary>
internal sealed class ControllerBoot
{
    private readonly World _world;

    public ControllerBoot(World world, int number)
    {
        _world = world;
        Name = $"controller {number}";
        var limits = new GatewayLimits { WaitMax = world.Plan.WaitMax, LineLengthMax = world.Plan.LineLengthMax };
        var settings = new FleetSettings(limits, new MachineOptions { MemoryMiB = world.BelievedMemoryMiB }, new HybridHistogram(new HybridHistogramOptions()));
        Parts = new FleetParts(settings, new SilentEnds(), world.Machine, world.Time, NullLoggerFactory.Instance);
        Host = new HostSession(world, Parts.FromHost);
        Parts.Steps.Use(Host);
    }

    public string Name { get; }

    public FleetParts Parts { get; }

    public HostSession Host { get; }

    /// <summary>Its process has ended.</summary>
    public bool IsOver => Host.IsOver;

    /// <summary>Takes up what an earlier controller left: as the real one's start does.</summary>
    public void TakeUp(IEnumerable<Storage.RevisionRecord> serving)
    {
        foreach (var revision in serving)
        {
            Parts.Fleet.Restore(revision, "");
        }

        foreach (var sandbox in _world.Machine.Sandboxes.ToList())
        {
            if (sandbox.State == SandboxState.Running && Parts.Fleet.IsServing(sandbox.Revision.Id))
            {
                sandbox.IsFrozen = false;
                _world.Trace.Note("adopted", sandbox.Id);
                Parts.Fleet.Adopt(sandbox.Handle(_world.Time.GetUtcNow()));
            }
            else
            {
                _world.Machine.End(sandbox, "reaped");
            }
        }
    }

    /// <summary>One round of the loop that looks at the fleet.</summary>
    public void Tick()
    {
        lock (Parts.Table.Lock)
        {
            Parts.Scaler.Tick(Parts.Table.Now);
        }
    }

    /// <summary>Applies what a gateway says: as the real end of the link does.</summary>
    public void Apply(GatewayMessage message)
    {
        var reports = Parts.FromGateway;
        switch (message.MessageCase)
        {
            case GatewayMessage.MessageOneofCase.CapacityWanted:
                reports.OnCapacityWanted(message.CapacityWanted);
                break;
            case GatewayMessage.MessageOneofCase.Load:
                reports.OnLoad(message.Load);
                break;
            case GatewayMessage.MessageOneofCase.Drained:
                reports.OnDrained(message.Drained.Instance);
                break;
            case GatewayMessage.MessageOneofCase.DrainRefused:
                reports.OnDrainRefused(message.DrainRefused.Instance);
                break;
            case GatewayMessage.MessageOneofCase.FreezeAnswered:
                reports.OnFreezeAnswered(message.FreezeAnswered.Instance, message.FreezeAnswered.Agreed);
                break;
            case GatewayMessage.MessageOneofCase.Discard:
                reports.OnDiscard(message.Discard.Instance, message.Discard.Reason);
                break;
            case GatewayMessage.MessageOneofCase.FencePassed:
                Parts.Link.OnFencePassed(message.FencePassed.Number);
                break;
        }
    }
}
