using Faas.Contracts.Invocations;
using Faas.Link;
using Faas.Simulation.Ends;
using Faas.Simulation.Parts;
using Faas.Storage;

namespace Faas.Simulation.Running;

/// <summary>Everything there is in one schedule: a machine, a gateway, a controller or none, the connection between them, callers.</summary>
internal sealed class World
{
    /// <summary>A schedule takes some thousands.</summary>
    private const int StepsMax = 300_000;

    private readonly OneThread _thread = new();
    private Exception? _failure;
    private int _gateways;
    private int _controllers;

    public World(int seed, Sabotage sabotage)
    {
        Chance = new Chance(seed);
        Plan = new Plan(Chance.Split());
        Sabotage = sabotage;
        Trace = new Trace(Time);
        Machine = new Machine(Plan, Time, Trace);
        Promises = new Promises(this);
        SynchronizationContext.SetSynchronizationContext(_thread);
        Gateway = new GatewayBoot(Time, ++_gateways);
        StartController();
        Dial(Gateway);
        RoundLater();
        TickLater();
    }

    public VirtualTime Time { get; } = new();

    public Chance Chance { get; }

    public Plan Plan { get; }

    public Sabotage Sabotage { get; }

    public Trace Trace { get; }

    public Machine Machine { get; }

    public Promises Promises { get; }

    public GatewayBoot Gateway { get; private set; }

    /// <summary>Null while it is being restarted.</summary>
    public ControllerBoot? Controller { get; private set; }

    public Connection? Connection { get; private set; }

    /// <summary>What the controller keeps on disk: the serving revision of each function.</summary>
    public Dictionary<string, RevisionRecord> Catalog { get; } = [];

    /// <summary>Calls that are not over.</summary>
    public List<Call> Calls { get; } = [];

    public long CallsMade { get; private set; }

    public long Steps { get; private set; }

    /// <summary>Calls that were sent ahead of their turn.</summary>
    public long SentAhead { get; set; }

    /// <summary>Of these, those that were recalled in time.</summary>
    public long Recalled { get; set; }

    /// <summary>Of these, those that had not begun when their instance died.</summary>
    public long GivenBack { get; set; }

    /// <summary>Whether things may go wrong.</summary>
    public bool AreFaultsOn { get; set; } = true;

    /// <summary>Time between two looks at the fleet and two rounds of reports, as a multiple of the real ones; grows when hours pass.</summary>
    public double Slowness { get; set; } = 1;

    public int BelievedMemoryMiB => Sabotage == Sabotage.ShrinkMemory ? Plan.MemoryMiB * 2 : Plan.MemoryMiB;

    public void Fail(Exception failure) => _failure ??= failure;

    /// <summary>Lets time pass.</summary>
    public void RunFor(TimeSpan time) => RunUntil(Time.Now + time, static () => false);

    /// <summary>Lets time pass until <paramref name="isDone"/>, at the latest until <paramref name="end"/>. True when it is done.</summary>
    public bool RunUntil(TimeSpan end, Func<bool> isDone)
    {
        while (!isDone())
        {
            if (!Time.TryStep(end))
            {
                return false;
            }

            if (++Steps > StepsMax)
            {
                throw new BrokenPromiseException($"it does not come to rest within {StepsMax} steps");
            }

            _thread.Drain();
            Connection?.Pump();
            _thread.Drain();
            if (_failure is not null)
            {
                throw _failure;
            }

            Promises.CheckStep();
        }

        return true;
    }

    /// <summary>A request comes.</summary>
    public Call Send(string function, CallScript script)
    {
        Trace.Note("request", function);
        CallsMade++;
        var call = new Call(this, Gateway, function, script);
        var running = call.RunAsync();
        if (!running.IsCompleted)
        {
            Calls.Add(call);
            if (Calls.Count % 16 == 0)
            {
                Calls.RemoveAll(static c => c.IsSettled || c.IsLost);
            }
        }

        return call;
    }

    /// <summary>An instance dies, and the controller hears of it.</summary>
    public void Crash(Sandbox sandbox, Chance chance)
    {
        var error = chance.OneIn(2) ? InvocationError.Crashed : InvocationError.OutOfMemory;
        Machine.End(sandbox, "crashes");
        var watcher = Machine.Exited;
        Time.After(chance.OneIn(10) ? chance.Span(20, 300) : chance.Span(0.1, 10), () =>
        {
            if (Machine.Exited == watcher)
            {
                watcher?.Invoke(sandbox, error);
            }
        });
    }

    public void RestartGateway()
    {
        Trace.Note("restarts", Gateway.Name);
        Gateway.IsOver = true;
        Connection?.Cut();
        foreach (var sandbox in Machine.Sandboxes)
        {
            sandbox.DropAll();   // its connections are closed, which ends what runs on them
        }

        Gateway = new GatewayBoot(Time, ++_gateways);
        Connection = null;
        DialLater(Gateway);
    }

    public void RestartController()
    {
        if (Controller is not { } controller)
        {
            return;
        }

        Trace.Note("ends", controller.Name);
        controller.Host.IsOver = true;
        Machine.Exited = null;
        Controller = null;
        Connection?.Cut();
        // Its helpers die with it: what was starting does not come to be, what was stopping is killed.
        foreach (var sandbox in Machine.Sandboxes.Where(s => s.State != SandboxState.Running).ToList())
        {
            Machine.End(sandbox, "died with its controller");
        }

        Time.After(Chance.Span(20, 3000), StartController);
    }

    public void DialLater(GatewayBoot gateway) => Time.After(Chance.Span(50, 1000), () => Dial(gateway));

    /// <summary>What is left of a message on its way, or null when it gets lost; only in worlds that are to fail.</summary>
    public GatewayMessage? Sabotaged(GatewayMessage message) => (Sabotage, message.MessageCase) switch
    {
        (Sabotage.LoseWishes, GatewayMessage.MessageOneofCase.CapacityWanted) => null,
        (Sabotage.LoseDrained, GatewayMessage.MessageOneofCase.Drained) => null,
        (Sabotage.FreezeTheBusy, GatewayMessage.MessageOneofCase.FreezeAnswered) =>
            new GatewayMessage { FreezeAnswered = new FreezeAnswered { Instance = message.FreezeAnswered.Instance, Agreed = true } },
        (Sabotage.StopTheBusy, GatewayMessage.MessageOneofCase.DrainRefused) => new GatewayMessage { Drained = new Drained { Instance = message.DrainRefused.Instance } },
        _ => message,
    };

    public ControllerMessage? Sabotaged(ControllerMessage message) => (Sabotage, message.MessageCase) switch
    {
        (Sabotage.LoseThaws, ControllerMessage.MessageOneofCase.Thawed) => null,
        (Sabotage.LoseReady, ControllerMessage.MessageOneofCase.InstanceReady) => null,
        _ => message,
    };

    private void StartController()
    {
        var controller = new ControllerBoot(this, ++_controllers);
        Trace.Note("starts", controller.Name);
        Controller = controller;
        controller.TakeUp(Catalog.Values);
        Machine.Exited = (sandbox, error) => controller.Parts.FromHost.Exited(sandbox.Id, sandbox.Revision.Id, error, "it ended");
    }

    private void Dial(GatewayBoot gateway)
    {
        if (gateway.IsOver)
        {
            return;
        }

        if (Controller is { } controller)
        {
            Connection = new Connection(this, gateway, controller);
        }
        else
        {
            DialLater(gateway);
        }
    }

    private void RoundLater() => Time.After(TimeSpan.FromMilliseconds(50) * Slowness, () =>
    {
        Gateway.Round();
        RoundLater();
    });

    private void TickLater() => Time.After(TimeSpan.FromMilliseconds(125) * Slowness, () =>
    {
        Controller?.Tick();
        TickLater();
    });
}
