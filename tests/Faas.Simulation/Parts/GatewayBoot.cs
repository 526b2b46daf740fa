using Faas.Gateway.Activation;
using Faas.Gateway.Routing;
using Faas.Gateway.Uplink;
using Faas.Gateway.Usage;
using Faas.Simulation.Ends;
using Faas.Simulation.Running;
using Microsoft.Extensions.Logging.Abstractions;

namespace Faas.Simulation.Parts;

/// <summary>One start of the gateway: its real parts, and which slots its callers hold.</summary>
internal sealed class GatewayBoot : IDisposable
{
    private readonly LoadReports _reports;

    public GatewayBoot(VirtualTime time, int number)
    {
        Name = $"gateway {number}";
        Outbox = new Outbox();
        Gates = new GateTable(Outbox, time);
        Routes = new RouteTable();
        Picture = new ControllerPicture(Routes, Gates, Outbox, new SilentEnds(), new PriceList());
        Health = new LinkHealth(time);
        _reports = new LoadReports(Gates, Outbox, Health, NullLogger<LoadReports>.Instance, time);
    }

    public string Name { get; }

    /// <summary>Its process has ended: whatever its objects still do is nothing.</summary>
    public bool IsOver { get; set; }

    public Outbox Outbox { get; }

    public GateTable Gates { get; }

    public RouteTable Routes { get; }

    public ControllerPicture Picture { get; }

    public LinkHealth Health { get; }

    /// <summary>Calls that have a slot.</summary>
    public Dictionary<Instance, int> Held { get; } = [];

    public int HeldTotal { get; private set; }

    /// <summary>Its shared connections: the newest to each instance that ever had one.</summary>
    public Dictionary<Instance, SharedLine> Lines { get; } = [];

    /// <summary>One round of the loop that reports.</summary>
    public void Round() => _reports.Round();

    /// <summary>The shared connection to an instance, opened when there is none; null when it cannot be reached.</summary>
    public SharedLine? LineTo(World world, Instance instance)
    {
        if (Lines.TryGetValue(instance, out var line) && line.IsUsable)
        {
            return line;
        }

        return world.Machine.Find(instance.Id) is { State: SandboxState.Running } sandbox ? Lines[instance] = new SharedLine(world, this, instance, sandbox) : null;
    }

    public void Hold(Instance instance)
    {
        Held[instance] = Held.GetValueOrDefault(instance) + 1;
        HeldTotal++;
    }

    public void LetGo(Instance instance)
    {
        HeldTotal--;
        if (--Held[instance] == 0)
        {
            Held.Remove(instance);
        }
    }

    public void Dispose()
    {
        _reports.Dispose();
        Outbox.Dispose();
    }
}
