using Faas.Contracts.Functions;

namespace Faas.Simulation.Running;

/// <summary>What kind of schedule a seed gives: functions, machine, and how much goes wrong.</summary>
internal sealed class Plan
{
    private static readonly int[] Sizes = [128, 256, 512];

    public Plan(Chance chance)
    {
        IsTight = chance.OneIn(3);
        MemoryMiB = IsTight ? chance.Pick<int>([512, 768, 1024]) : 64 * 1024;
        Cores = chance.Pick<int>([1, 2, 4]);
        IdleShare = chance.Pick<double>([0, 0.05, 0.3, 1]);
        CanFreeze = !chance.OneIn(5);
        WaitMax = IsTight || !chance.OneIn(4) ? TimeSpan.FromSeconds(30) : chance.Span(1500, 5000);
        LineLengthMax = IsTight || !chance.OneIn(5) ? 1000 : chance.Between(1, 10);
        Active = chance.Span(1500, 8000);
        LinkFaultMs = chance.Pick<int>([0, 0, 300, 1500]);
        GatewayRestartMs = chance.Pick<int>([0, 0, 0, 1500]);
        ControllerRestartMs = chance.Pick<int>([0, 0, 0, 2000]);
        CrashMs = chance.Pick<int>([0, 0, 100, 1000]);
        DeployMs = chance.Pick<int>([0, 200, 1500]);
        FailOneIn = chance.Pick<int>([0, 0, 20, 5]);
        StallOneIn = chance.Pick<int>([0, 0, 50]);
        LinkMsMax = chance.Pick<double>([1, 1, 20, 150]);
        IsLeftAlone = chance.OneIn(3);
        var functions = new FunctionSpec[chance.Between(1, 4)];
        var kept = 0;
        for (var i = 0; i < functions.Length; i++)
        {
            var spec = Spec($"f{i}", chance);
            kept += spec.MinInstances * spec.MemoryMiB;
            functions[i] = kept <= MemoryMiB / 2 ? spec : spec with { MinInstances = 0 };
        }

        Functions = functions;
        GapMs = [.. functions.Select(_ => chance.Pick<double>([40, 150, 500, 800, 1200]))];
        var hasQuick = chance.OneIn(3);
        MessageMsMax = chance.Pick<double>([0.1, 0.1, 1, 4]);
        Quick = [.. functions.Select(_ => hasQuick && chance.OneIn(2) ? new QuickLoad(chance) : null)];
        HasHeavyLoadAtEnd = LineLengthMax == 1000 && chance.OneIn(4);
    }

    public IReadOnlyList<FunctionSpec> Functions { get; }

    /// <summary>Mean time between arrivals, by function.</summary>
    public IReadOnlyList<double> GapMs { get; }

    /// <summary>How long a message between the gateway and a worker takes at most: long where cores are busy.</summary>
    public double MessageMsMax { get; }

    /// <summary>How each function is called that is quick; null for the others.</summary>
    public IReadOnlyList<QuickLoad?> Quick { get; }

    /// <summary>Whether instances have to take turns.</summary>
    public bool IsTight { get; }

    public int MemoryMiB { get; }

    public int Cores { get; }

    public double IdleShare { get; }

    public bool CanFreeze { get; }

    public TimeSpan WaitMax { get; }

    public int LineLengthMax { get; }

    /// <summary>How long callers come and things go wrong.</summary>
    public TimeSpan Active { get; }

    /// <summary>Mean times between faults; 0 for never.</summary>
    public int LinkFaultMs { get; }

    public int GatewayRestartMs { get; }

    public int ControllerRestartMs { get; }

    public int CrashMs { get; }

    public int DeployMs { get; }

    /// <summary>How many activations go well for each that fails; freezes and thaws fail a little less often. 0 for never.</summary>
    public int FailOneIn { get; }

    /// <summary>How many messages for each that is stuck for up to two seconds; 0 for never.</summary>
    public int StallOneIn { get; }

    /// <summary>How long a message takes at most when it is not stuck.</summary>
    public double LinkMsMax { get; }

    /// <summary>Whether nobody calls any more after the faults: what the two sides believe of each other must be put right all the same.</summary>
    public bool IsLeftAlone { get; }

    /// <summary>Whether one function is kept saturated while it is seen whether the others are served.</summary>
    public bool HasHeavyLoadAtEnd { get; }

    /// <summary>Another version of a function.</summary>
    public static FunctionSpec Next(FunctionSpec spec, Chance chance) => Spec(spec.Name, chance) with { MinInstances = spec.MinInstances, MemoryMiB = spec.MemoryMiB };

    private static FunctionSpec Spec(string name, Chance chance)
    {
        var max = chance.Between(1, 5);
        return new FunctionSpec
        {
            Name = name,
            Runtime = Runtimes.DotNet,
            Concurrency = chance.OneIn(2) ? 1 : chance.Between(2, 4),
            MaxInstances = max,
            MinInstances = chance.OneIn(5) ? 1 : 0,
            MinActive = chance.OneIn(4) ? chance.Between(1, max) : 0,
            KeepAlive = chance.OneIn(4) ? null : TimeSpan.FromSeconds(chance.Pick<int>([1, 1, 2, 60])),
            Freeze = !chance.OneIn(4),
            MemoryMiB = chance.Pick(Sizes),
            Timeout = TimeSpan.FromSeconds(chance.Pick<int>([1, 3, 10])),
        };
    }
}
