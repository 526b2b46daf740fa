using Faas.Contracts.Functions;

namespace Faas.Contracts.Api;

/// <summary>One function as <c>GET /v1/functions</c> lists it.</summary>
public sealed record FunctionSummary
{
    /// <summary>The function's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its runtime.</summary>
    public required string Runtime { get; init; }

    /// <summary><c>idle</c> (no instance), <c>starting</c>, <c>ready</c>, <c>frozen</c> (all its instances are) or <c>failing</c> (its last activation failed).</summary>
    public required string State { get; init; }

    /// <summary>Instances that exist now, ready or starting.</summary>
    public required int Instances { get; init; }

    /// <summary>What there is of it at this moment.</summary>
    public required FunctionLoad Load { get; init; }

    /// <summary>Invocations that waited for an activation, of those recorded so far.</summary>
    public required long ColdStarts { get; init; }

    /// <summary>The serving revision.</summary>
    public required string Revision { get; init; }

    /// <summary>Memory limit of an instance in MiB.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>Invocations recorded so far.</summary>
    public required long Invocations { get; init; }

    /// <summary>Cost of all recorded invocations.</summary>
    public required decimal Cost { get; init; }

    /// <summary>When the serving revision was deployed.</summary>
    public required DateTimeOffset DeployedAt { get; init; }

    /// <summary>Where callers invoke it.</summary>
    public required string Url { get; init; }
}

/// <summary>One function with its spec, instances and totals: <c>GET /v1/functions/{name}</c>.</summary>
public sealed record FunctionDescription
{
    /// <summary>The line of the list.</summary>
    public required FunctionSummary Summary { get; init; }

    /// <summary>The serving revision's spec.</summary>
    public required FunctionSpec Spec { get; init; }

    /// <summary>The instances that exist now.</summary>
    public required IReadOnlyList<InstanceDescription> Instances { get; init; }

    /// <summary>What its invocations used in total.</summary>
    public required UsageTotals Totals { get; init; }

    /// <summary>Why the last activation failed; null when it did not.</summary>
    public string? LastFailure { get; init; }

    /// <summary>How long idle instances stay, in a sentence: as configured, or as learned from the pauses between invocations.</summary>
    public required string KeepAlive { get; init; }

    /// <summary>What the scaler did lately and why, newest first.</summary>
    public required IReadOnlyList<ScalingDecision> Decisions { get; init; }
}

/// <summary>A function at this moment.</summary>
/// <param name="Busy">Instances that run something.</param>
/// <param name="Ready">Instances that are idle and awake.</param>
/// <param name="Frozen">Instances that are frozen, or on their way there or back.</param>
/// <param name="Starting">Activations under way.</param>
/// <param name="Draining">Instances that finish what they run and then stop.</param>
/// <param name="Waiting">Requests in the waiting line.</param>
/// <param name="InFlight">Invocations that run.</param>
/// <param name="RunMs">Moving average of running time in ms; 0 when unknown.</param>
/// <param name="Arrivals">Requests since the platform or the revision started.</param>
/// <param name="LastDecision">The scaler's last decision and why; null before the first one.</param>
public sealed record FunctionLoad(
    int Busy, int Ready, int Frozen, int Starting, int Draining, int Waiting, int InFlight, double RunMs, long Arrivals, ScalingDecision? LastDecision);

/// <summary>One thing that the scaler did, or did not do.</summary>
/// <param name="At">When, or when last.</param>
/// <param name="Action">What, in a few words: <c>started 2</c>, <c>thawed 1</c>, <c>held</c>, <c>stopped 1</c>.</param>
/// <param name="Reason">Why, with the numbers that it was decided by.</param>
/// <param name="Times">How often in a row.</param>
public sealed record ScalingDecision(DateTimeOffset At, string Action, string Reason, int Times);

/// <summary>One instance.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Revision">The revision it runs.</param>
/// <param name="State"><c>ready</c>, <c>busy</c>, <c>frozen</c>, <c>thawing</c> or <c>draining</c>.</param>
/// <param name="StartedAt">When it was asked for.</param>
/// <param name="InFlight">Invocations it runs now, as last reported by the gateway.</param>
/// <param name="Driver"><c>docker</c> or <c>process</c>.</param>
public sealed record InstanceDescription(string Id, string Revision, string State, DateTimeOffset StartedAt, int InFlight, string Driver);

/// <summary>Sums over usage records.</summary>
/// <param name="Invocations">How many.</param>
/// <param name="Errors">Those whose outcome was not <c>None</c>.</param>
/// <param name="ColdStarts">Those that waited for an activation.</param>
/// <param name="BilledMs">Billed milliseconds.</param>
/// <param name="GiBSeconds">Billed GiB-seconds.</param>
/// <param name="BytesIn">Request bytes.</param>
/// <param name="BytesOut">Response bytes.</param>
/// <param name="Cost">Cost in <paramref name="Currency"/>.</param>
/// <param name="Currency">ISO 4217 code.</param>
public sealed record UsageTotals(
    long Invocations, long Errors, long ColdStarts, long BilledMs, double GiBSeconds, long BytesIn, long BytesOut, decimal Cost, string Currency)
{
    /// <summary>Invocations that were billed; the others failed through the platform, or never ran.</summary>
    public long Billed { get; init; }

    /// <summary>CPU time as measured, in seconds.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>The highest peak of memory in an instance, in KiB; 0 when it is not known.</summary>
    public long PeakKiB { get; init; }
}

/// <summary>What <c>PUT /v1/functions/{name}</c> did.</summary>
/// <param name="Name">The function's name.</param>
/// <param name="Revision">The revision that serves now.</param>
/// <param name="Change"><c>created</c>, <c>updated</c> or <c>unchanged</c>.</param>
/// <param name="Url">Where callers invoke it.</param>
/// <param name="StartedIn">How long the revision's first start took; null when unchanged.</param>
/// <param name="BuiltIn">How long compiling took; null when nothing was compiled.</param>
public sealed record DeployResult(string Name, string Revision, string Change, string Url, TimeSpan? StartedIn, TimeSpan? BuiltIn);
