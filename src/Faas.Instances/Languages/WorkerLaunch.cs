using System.Globalization;
using Faas.Instances.Drivers;
using Known = Faas.Contracts.Functions.Runtimes;

namespace Faas.Instances.Languages;

/// <summary>How each runtime's worker is started.</summary>
internal static class WorkerLaunch
{
    /// <summary>The worker's main file in its runtime's folder.</summary>
    public static string EntryFile(string runtime) => runtime switch
    {
        Known.DotNet => "faas-worker.dll",
        Known.Node => "worker.js",
        Known.Python => "worker.py",
        _ => throw new ArgumentOutOfRangeException(nameof(runtime), runtime, "no worker exists for this runtime"),
    };

    /// <summary>Program and arguments.</summary>
    public static IReadOnlyList<string> Command(LaunchPlan plan, SandboxView view)
    {
        var entry = Path.Combine(view.Runtime, EntryFile(plan.Runtime));
        return plan.Runtime switch
        {
            // Three quarters: the rest is for code, stacks and buffers outside the heap, so that node reports an exhausted heap itself instead of being killed.
            Known.Node => [view.Program, string.Create(CultureInfo.InvariantCulture, $"--max-old-space-size={plan.MemoryMiB * 3 / 4}"), entry],
            // -S: no site-packages of the host; -B: there is nowhere to write compiled files; -u: lines arrive when they are written.
            Known.Python => [view.Program, "-S", "-B", "-u", entry],
            _ => [view.Program, entry],
        };
    }

    /// <summary>The whole environment: nothing is inherited from the controller.</summary>
    public static Dictionary<string, string> Environment(LaunchPlan plan, SandboxView view)
    {
        var environment = new Dictionary<string, string>
        {
            ["FAAS_DIR"] = view.Sockets,
            ["FAAS_CODE"] = view.Code,
            ["FAAS_TOKEN"] = plan.Token,
            ["HOME"] = view.Temporary,
            ["TMPDIR"] = view.Temporary,
            ["LANG"] = "C.UTF-8",
        };
        if (view.Path is not null)
        {
            environment["PATH"] = view.Path;
        }

        if (plan.Runtime == Known.DotNet)
        {
            environment["DOTNET_EnableDiagnostics"] = "0";
            environment["DOTNET_TieredPGO"] = "0";
            environment["DOTNET_gcServer"] = "0";
            environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";
            environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
            environment["DOTNET_NOLOGO"] = "1";
        }

        return environment;
    }
}
