using System.ComponentModel.DataAnnotations;

namespace Faas.Controller.Scaling;

/// <summary>What of the machine instances may use. Configuration section <c>Faas:Machine</c>.</summary>
internal sealed class MachineOptions
{
    /// <summary>
    /// Memory that all instances together may be allotted, in MiB. Default: the machine's (or the container's that the platform runs in) without a fifth of
    /// it, at least 1 GiB, which is left to the system, the platform and its stems.
    /// </summary>
    [Range(64, 16 * 1024 * 1024)]
    public int? MemoryMiB { get; set; }

    /// <summary>What instances may be allotted on <paramref name="machine"/>, in MiB.</summary>
    public long AllottableMiB(IMachine machine) => MemoryMiB ?? Math.Max(64, machine.MemoryMiB - Math.Max(1024, machine.MemoryMiB / 5));
}
