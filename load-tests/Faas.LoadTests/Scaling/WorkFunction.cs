using System.Globalization;
using Faas.Contracts.Functions;

namespace Faas.LoadTests.Scaling;

/// <summary>The function of these measurements: burns some CPU time, waits some time, and answers with its revision.</summary>
internal static class WorkFunction
{
    /// <summary>Above what the measurements of one function can need on two cores; the default of 10 would be what is measured.</summary>
    public const int InstancesMax = 40;

    /// <summary>Long enough that no instance is stopped in the middle of a load, short enough to wait for.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(10);

    /// <summary>Its default concurrency of 1 is what makes a platform scale.</summary>
    public static FunctionSpec Spec(string name, string runtime, string digest, double burnMs, double waitMs) => new()
    {
        Name = name,
        Runtime = runtime,
        Handler = runtime == Runtimes.DotNet ? null : "work.handler",
        CodeDigest = digest,
        Network = NetworkKind.None,
        MemoryMiB = 128,
        MaxInstances = InstancesMax,
        KeepAlive = KeepAlive,
        Env = new Dictionary<string, string>
        {
            ["BURN_MS"] = burnMs.ToString("0.###", CultureInfo.InvariantCulture),
            ["WAIT_MS"] = waitMs.ToString("0.###", CultureInfo.InvariantCulture),
        },
    };

    /// <summary>Uploads its code in <paramref name="runtime"/>.</summary>
    public static Task<string> UploadAsync(Target target, string runtime, CancellationToken cancellationToken) =>
        target.UploadAsync(runtime switch { Runtimes.Python => "work.py", Runtimes.Node => "work.js", _ => "Work.cs" }, cancellationToken);

    public static async Task<FunctionSpec> DeployAsync(Target target, string name, string runtime, double burnMs, double waitMs, CancellationToken cancellationToken)
    {
        var spec = Spec(name, runtime, await UploadAsync(target, runtime, cancellationToken), burnMs, waitMs);
        await target.DeployAsync(spec, cancellationToken);
        return spec;
    }
}
