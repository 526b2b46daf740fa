namespace Faas.Controller.Scaling;

/// <summary>The machine's processors and memory.</summary>
internal interface IMachine
{
    /// <summary>Processors that this process may use.</summary>
    int Cores { get; }

    /// <summary>What the processors do and did. Cheap enough to ask for at each decision.</summary>
    MachineReading Read();

    /// <summary>Memory of the machine, or of the container that the platform runs in, in MiB.</summary>
    long MemoryMiB { get; }

    /// <summary>Memory that could be had without swapping, in MiB.</summary>
    long AvailableMiB();
}

/// <summary>What the cores do, at a moment.</summary>
/// <param name="At">The moment, from an arbitrary start.</param>
/// <param name="Idle">Idle time so far, summed over the cores.</param>
/// <param name="Runnable">Threads that run or wait for a core at this moment, without the one that asks.</param>
internal readonly record struct MachineReading(TimeSpan At, TimeSpan Idle, int Runnable = 0);
