namespace Faas.Controller.Scaling;

/// <summary>The machine's processors and memory.</summary>
internal interface IMachine
{
    /// <summary>Processors that this process may use.</summary>
    int Cores { get; }

    /// <summary>Idle time so far. Cheap enough to ask for at each decision.</summary>
    MachineReading Read();

    /// <summary>Memory of the machine, or of the container that the platform runs in, in MiB.</summary>
    long MemoryMiB { get; }

    /// <summary>Memory that could be had without swapping, in MiB.</summary>
    long AvailableMiB();
}

/// <summary>Idle time of all cores together, at a moment.</summary>
/// <param name="At">The moment, from an arbitrary start.</param>
/// <param name="Idle">Idle time so far, summed over the cores.</param>
internal readonly record struct MachineReading(TimeSpan At, TimeSpan Idle);
