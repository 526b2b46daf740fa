namespace Faas.Controller.Scaling;

/// <summary>What an instance is started for.</summary>
internal enum StartKind
{
    /// <summary>Somebody waits, and nothing serves the function yet: it has as much right to the cores as what runs.</summary>
    Awaited,

    /// <summary>
    /// It joins others, or nobody waits. It takes what the cores have left, because time that it took from those that run would make the line longer: beside a start without
    /// a stem (0.2 to 0.5 s of a core) invocations of 5 ms took 10 to 20 on two cores.
    /// </summary>
    Added,

    /// <summary>An invocation is expected, and nobody waits yet.</summary>
    Ahead,
}
