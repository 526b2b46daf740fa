using System.Threading.Channels;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Controller.Link;
using Faas.Controller.Logs;
using Faas.Controller.Scaling;
using Faas.Controller.Scaling.KeepAlive;
using Faas.Instances;
using Faas.Link;
using Faas.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Controller.Tests.Scaling;

/// <summary>A fleet with a gateway that says what the test says, and a host that does what the test does.</summary>
internal sealed class FleetFixture : IInstanceLifecycle, IMachine, IFunctionOutput
{
    private readonly ChannelReader<ControllerMessage> _messages;
    private int _next;

    public FleetFixture(int memoryMiB = 4096)
    {
        Parts = new FleetParts(
            new FleetSettings(new GatewayLimits(), new MachineOptions { MemoryMiB = memoryMiB }, new HybridHistogram(new HybridHistogramOptions())),
            this, this, Clock, NullLoggerFactory.Instance);
        Parts.Steps.Use(this);
        _messages = Parts.Link.Connect("test").Reader;
        Sent();
    }

    public FakeTimeProvider Clock { get; } = new(DateTimeOffset.UnixEpoch.AddYears(50));

    public FleetParts Parts { get; }

    /// <summary>Activations asked for and not answered yet.</summary>
    public Queue<(RevisionPool Pool, StartKind Kind)> Activations { get; } = new();

    /// <summary>What else the host was asked for: <c>freeze i1</c>.</summary>
    public List<string> Asked { get; } = [];

    public bool CanFreeze { get; set; } = true;

    public int Cores => 2;

    public long MemoryMiB => 8192;

    public long Available { get; set; } = 8192;

    public long AvailableMiB() => Available;

    public MachineReading Read() => new(Clock.GetElapsedTime(0), Clock.GetElapsedTime(0) * 2);   // all idle

    public RevisionPool Deploy(string name, Func<FunctionSpec, FunctionSpec>? change = null)
    {
        var spec = new FunctionSpec { Name = name, Runtime = Runtimes.Python, MemoryMiB = 128, CodeDigest = new string('0', 64) };
        var revision = new RevisionRecord(name + "-r1", name, change is null ? spec : change(spec), "", Clock.GetUtcNow());
        Parts.Fleet.Restore(revision, "");
        Parts.Table.TryFindPool(revision.Id, out var pool);
        return pool!;
    }

    /// <summary>Messages to the gateway since the last time.</summary>
    public List<ControllerMessage> Sent()
    {
        var sent = new List<ControllerMessage>();
        while (_messages.TryRead(out var message))
        {
            sent.Add(message);
        }

        return sent;
    }

    /// <summary>Requests wait for a slot of the pool.</summary>
    public void Wait(RevisionPool pool, int waiting, int slots = 0, int inFlight = 0, double runMs = 0, int ahead = 0) =>
        Parts.FromGateway.OnCapacityWanted(new CapacityWanted { Load = Load(pool, waiting, slots, inFlight, runMs, ahead) });

    /// <summary>A request came, ran and is over.</summary>
    public void Use(RevisionPool pool, string instance)
    {
        var load = Load(pool, 0, 1, 0, 1);
        Parts.FromGateway.OnLoad(new LoadReport { Instances = { new InstanceLoad { Instance = instance } }, Revisions = { load } });
    }

    /// <summary>The next activation that was asked for succeeds.</summary>
    public string Succeed()
    {
        var (pool, kind) = Activations.Dequeue();
        var id = $"i{++_next}";
        Parts.FromHost.Started(pool, new InstanceHandle(id, pool.Revision.Id, pool.Revision.Function, "/s", null, Clock.GetUtcNow(), "process"), new ActivationTime(TimeSpan.FromMilliseconds(5), IsFromStem: true), kind);
        return id;
    }

    /// <summary>Deploys a function and has it called, so that it has one idle instance.</summary>
    public (RevisionPool Pool, string Instance) Running(string name, Func<FunctionSpec, FunctionSpec>? change = null)
    {
        var pool = Deploy(name, change);
        Wait(pool, 1);
        var id = Succeed();
        Use(pool, id);
        Sent();
        return (pool, id);
    }

    /// <summary>Time passes, with the fleet's ticks.</summary>
    public void Pass(TimeSpan time)
    {
        var step = time > TimeSpan.FromMinutes(1) ? TimeSpan.FromSeconds(1) : TimeSpan.FromMilliseconds(125);
        for (var left = time; left > TimeSpan.Zero; left -= step)
        {
            Clock.Advance(left < step ? left : step);
            lock (Parts.Table.Lock)
            {
                Parts.Scaler.Tick(Clock.GetUtcNow());
            }
        }
    }

    public void Yield()
    {
    }

    public bool HasStem(RevisionPool pool) => true;

    public void Activate(RevisionPool pool, StartKind kind) => Activations.Enqueue((pool, kind));

    public void Stop(RevisionPool pool, string instanceId) => Asked.Add("stop " + instanceId);

    public void Kill(RevisionPool pool, string instanceId) => Asked.Add("kill " + instanceId);

    public void Freeze(string instanceId) => Asked.Add("freeze " + instanceId);

    public void Thaw(string instanceId) => Asked.Add("thaw " + instanceId);

    public TimeSpan? CpuOf(string instanceId) => null;

    public void Append(string function, LogLine line)
    {
    }

    public void Platform(string function, string instance, LineLevel level, string text)
    {
    }

    private RevisionLoad Load(RevisionPool pool, int waiting, int slots, int inFlight, double runMs, int ahead = 0)
    {
        var load = new RevisionLoad
        {
            Revision = pool.Revision.Id, Waiting = waiting, Slots = slots, InFlight = inFlight, RunMs = runMs, Arrivals = ++_arrivals, Ahead = ahead,
        };
        return load;
    }

    private long _arrivals;
}
