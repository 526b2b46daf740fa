using Faas.Controller.Link;
using Faas.Controller.Logs;
using Faas.Controller.Scaling.KeepAlive;

namespace Faas.Controller.Scaling;

/// <summary>The fleet's parts around one table, made in the order in which they need each other.</summary>
internal sealed class FleetParts
{
    public FleetParts(FleetSettings settings, IFunctionOutput logs, IMachine machine, TimeProvider time, ILoggerFactory loggers)
    {
        Machine = machine;
        Table = new FleetTable(new GatewayOutbox(), settings.Remembered, time);
        Steps = new InstanceSteps(Table, machine);
        Room = new MemoryRoom(Table, Steps, machine, settings.Machine);
        Idle = new IdleRule(settings.KeepAlive);
        Scaler = new Scaler(Table, Steps, Room, machine, Idle);
        Fleet = new Fleet(Table, Steps, Scaler, Room, settings.Limits);
        Link = new FleetLink(Table, settings.Limits, time);
        FromGateway = new GatewayReports(Table, Steps, Scaler, logs, loggers.CreateLogger<GatewayReports>());
        FromHost = new LifecycleReports(Table, Steps, Scaler, logs, loggers.CreateLogger<LifecycleReports>());
    }

    public IMachine Machine { get; }

    public FleetTable Table { get; }

    public InstanceSteps Steps { get; }

    public MemoryRoom Room { get; }

    public IdleRule Idle { get; }

    public Scaler Scaler { get; }

    public Fleet Fleet { get; }

    public FleetLink Link { get; }

    public GatewayReports FromGateway { get; }

    public LifecycleReports FromHost { get; }
}

/// <summary>What the fleet is configured by.</summary>
/// <param name="Limits">Limits that the gateway enforces.</param>
/// <param name="Machine">What of the machine instances may use.</param>
/// <param name="KeepAlive">How long idle instances of functions without a keep-alive of their own stay.</param>
internal sealed record FleetSettings(GatewayLimits Limits, MachineOptions Machine, IKeepAlivePolicy KeepAlive)
{
    /// <summary>What was learned of functions before this start.</summary>
    public IReadOnlyDictionary<string, RememberedActivity> Remembered { get; init; } = new Dictionary<string, RememberedActivity>();
}
