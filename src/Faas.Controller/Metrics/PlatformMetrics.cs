using Faas.Contracts.Invocations;
using Faas.Controller.Scaling;
using Prometheus;

namespace Faas.Controller.Metrics;

/// <summary>Series of the platform as a whole, kept by prometheus-net: what is counted where it happens, and its own process. Safe for several threads.</summary>
internal sealed class PlatformMetrics
{
    private static readonly double[] ActivationBounds = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
    private static readonly double[] BuildBounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly Counter _activations;
    private readonly Counter _activationFailures;
    private readonly Histogram _activationTimes;
    private readonly Counter _builds;
    private readonly Histogram _buildTimes;
    private readonly Counter _batches;

    public PlatformMetrics()
    {
        DotNetStats.Register(Registry);
        var metrics = Prometheus.Metrics.WithCustomRegistry(Registry);
        _activations = metrics.CreateCounter("faas_activations_total", "Instances that became ready: for whom, and whether from a stem.", "kind", "from");
        _activationFailures = metrics.CreateCounter("faas_activation_failures_total", "Activations that failed, by error and whom to blame.", "error", "blame");
        _activationTimes = metrics.CreateHistogram(
            "faas_activation_seconds", "From the decision to start an instance until it is ready.", ["from"], new HistogramConfiguration { Buckets = ActivationBounds });
        _builds = metrics.CreateCounter("faas_builds_total", "Bundles that were unpacked and, if they are C#, compiled; those that were there already are not counted.", "kind", "result");
        _buildTimes = metrics.CreateHistogram("faas_build_seconds", "How long that took.", ["kind"], new HistogramConfiguration { Buckets = BuildBounds });
        _batches = metrics.CreateCounter("faas_usage_batches_total", "Batches of usage records from the gateway: stored, repeated after a gap, failed and tried again, or refused.", "result");
        Metrics = metrics;
        foreach (var from in (string[])["stem", "nothing"])
        {
            _activationTimes.WithLabels(from);
            foreach (var kind in Enum.GetValues<StartKind>())
            {
                _activations.WithLabels(TextOf(kind), from);
            }
        }

        foreach (var error in (InvocationError[])[InvocationError.InitFailed, InvocationError.OutOfMemory, InvocationError.Unavailable])
        {
            FailuresOf(error);
        }

        foreach (var kind in (string[])["compiled", "files"])
        {
            _buildTimes.WithLabels(kind);
            _builds.WithLabels(kind, "built");
            _builds.WithLabels(kind, "failed");
        }

        foreach (var result in Enum.GetValues<BatchResult>())
        {
            _batches.WithLabels(TextOf(result));
        }
    }

    public CollectorRegistry Registry { get; } = Prometheus.Metrics.NewCustomRegistry();

    /// <summary>Makes further series.</summary>
    public IMetricFactory Metrics { get; }

    public void Activated(StartKind kind, ActivationTime time)
    {
        var from = time.IsFromStem ? "stem" : "nothing";
        _activations.WithLabels(TextOf(kind), from).Inc();
        _activationTimes.WithLabels(from).Observe(time.Took.TotalSeconds);
    }

    public void ActivationFailed(InvocationError error) => FailuresOf(error).Inc();

    public void Built(bool isCompiled, TimeSpan took, bool isGood)
    {
        var kind = isCompiled ? "compiled" : "files";
        _builds.WithLabels(kind, isGood ? "built" : "failed").Inc();
        _buildTimes.WithLabels(kind).Observe(took.TotalSeconds);
    }

    public void Batch(BatchResult result) => _batches.WithLabels(TextOf(result)).Inc();

    private Counter.Child FailuresOf(InvocationError error) =>
        _activationFailures.WithLabels(TextOf(error), TextOf(InvocationErrors.Of(error).Blame));

    private static string TextOf<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}

/// <summary>What became of a batch of usage records.</summary>
internal enum BatchResult
{
    /// <summary>It is in the ledger, now or already.</summary>
    Stored,

    /// <summary>It left a gap; the gateway sends again what is missing.</summary>
    Gap,

    /// <summary>The store could not take it; it is tried again.</summary>
    Failed,

    /// <summary>It is no sound batch.</summary>
    Refused,
}
