using System.ComponentModel.DataAnnotations;

namespace Faas.Controller.Metrics;

/// <summary>What <c>/metrics</c> shows, and to whom. Configuration section <c>Faas:Metrics</c>.</summary>
internal sealed class MetricsOptions
{
    /// <summary>
    /// Functions with series of their own, 0 to 10,000; what the others add up to is under <c>_other</c>. Default 1,000: some 4 MB a scrape when all of them are in use, which
    /// a Prometheus of its usual size takes every 15 seconds without noticing.
    /// </summary>
    [Range(0, 10_000)]
    public int FunctionsMax { get; set; } = 1_000;

    /// <summary>Whether anybody who reaches the listener may read them, without the management API's key. Default no: they have the names of functions and what they cost.</summary>
    public bool Public { get; set; }
}
