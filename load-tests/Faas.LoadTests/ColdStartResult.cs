namespace Faas.LoadTests;

/// <summary>Milliseconds of one runtime, as measured; percentiles come at the end.</summary>
internal sealed class ColdStartResult
{
    /// <summary>Cold calls with stems available.</summary>
    public List<double> Cold { get; set; } = [];

    /// <summary>Twenty first calls at once, until the last answer.</summary>
    public List<double> Burst { get; set; } = [];

    /// <summary>`docker run` of the worker in the same image until it listens.</summary>
    public List<double> DockerRunWorker { get; set; } = [];

    /// <summary>`docker run --rm` of the same image with a command that does nothing.</summary>
    public List<double> DockerRunTrue { get; set; } = [];

    /// <summary>Cold calls without stems.</summary>
    public List<double> NoStem { get; set; } = [];

    /// <summary>Create and start of the same container over the engine's API until its worker listens.</summary>
    public List<double> CreateStart { get; set; } = [];

    /// <summary>Calls meant to be cold that were not; they are not among the samples (in a burst they are).</summary>
    public int NotCold { get; set; }
}
