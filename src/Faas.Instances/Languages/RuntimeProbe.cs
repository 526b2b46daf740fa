using Known = Faas.Contracts.Functions.Runtimes;

namespace Faas.Instances.Languages;

/// <summary>Finds the runtimes by asking them, because files prove nothing: shims and version managers hide the real ones.</summary>
internal static class RuntimeProbe
{
    private const string PythonQuestion = """
        import os, site, sys, sysconfig
        print(os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable))
        print(".".join(map(str, sys.version_info[:3])))
        print(sysconfig.get_path("stdlib"))
        print(sysconfig.get_path("platstdlib"))
        print(*site.getsitepackages(), sep="\\n")
        """;

    /// <summary>The runtimes that this machine has.</summary>
    public static async Task<IReadOnlyList<RuntimeInstallation>> FindAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var found = await Task.WhenAll(DotNetAsync(time, cancellationToken), NodeAsync(time, cancellationToken), PythonAsync(time, cancellationToken));
        return [.. found.OfType<RuntimeInstallation>()];
    }

    /// <summary>What is told to users about <paramref name="runtime"/>.</summary>
    public static RuntimeReport Report(string runtime, RuntimeInstallation? found, string? image, bool hasWorker)
    {
        if (!hasWorker)
        {
            return new RuntimeReport(runtime, false, found?.Version, $"the {runtime} worker is missing from the runtimes folder (Faas:Instances:RuntimesFolder)");
        }

        return (found, image) switch
        {
            (_, not null) => new RuntimeReport(runtime, true, null, $"image {image}"),
            (not null, _) => new RuntimeReport(runtime, true, found.Version, found.Program),
            _ => new RuntimeReport(runtime, false, null, HowToGet(runtime)),
        };
    }

    /// <summary>How to get a missing runtime.</summary>
    public static string HowToGet(string runtime) => runtime switch
    {
        Known.DotNet => "install the .NET 10 runtime with ASP.NET Core (apt install aspnetcore-runtime-10.0)",
        Known.Node => "install Node.js 20 or newer (apt install nodejs)",
        _ => "install Python 3.9 or newer (apt install python3)",
    };

    private static async Task<RuntimeInstallation?> DotNetAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var program = DotNetProgram();
        if (program is null || await HostCommand.RunAsync(program, ["--list-runtimes"], time, cancellationToken) is not { Succeeded: true } answer)
        {
            return null;
        }

        // Lines like: Microsoft.NETCore.App 10.0.1 [/usr/share/dotnet/shared/Microsoft.NETCore.App]
        var runtimes = answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split([' '], 3))
            .Where(parts => parts.Length == 3 && parts[1].StartsWith("10.", StringComparison.Ordinal))
            .Select(parts => (Name: parts[0], Version: parts[1], Folder: Path.Combine(parts[2].Trim('[', ']', '\r'), parts[1])))
            .ToList();
        var core = Newest(runtimes, "Microsoft.NETCore.App");
        if (core.Folder is null)
        {
            return null;
        }

        var root = Path.GetDirectoryName(program)!;
        return new RuntimeInstallation(Known.DotNet, program, core.Version, root,
            [core.Folder, .. Optional(Newest(runtimes, "Microsoft.AspNetCore.App").Folder), Path.Combine(root, "host")], []);
    }

    private static async Task<RuntimeInstallation?> NodeAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var answer = await HostCommand.RunAsync("node", ["-p", "process.execPath + '\\n' + process.versions.node"], time, cancellationToken);
        var lines = answer.Output.Split('\n');
        if (!answer.Succeeded || lines.Length < 2)
        {
            return null;
        }

        // Distributions move some of node's built-in modules out of the program.
        string[] builtIns = ["/usr/share/nodejs/acorn", "/usr/share/nodejs/acorn-walk", "/usr/share/nodejs/cjs-module-lexer", "/usr/share/nodejs/undici"];
        var program = File.ResolveLinkTarget(lines[0], returnFinalTarget: true)?.FullName ?? lines[0];
        return new RuntimeInstallation(Known.Node, program, lines[1].Trim(), Path.GetDirectoryName(program)!, [.. builtIns.Where(Directory.Exists)], []);
    }

    private static async Task<RuntimeInstallation?> PythonAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var answer = await HostCommand.RunAsync("python3", ["-I", "-c", PythonQuestion], time, cancellationToken);
        var lines = answer.Output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (!answer.Succeeded || lines.Length < 4 || !File.Exists(lines[0]))
        {
            return null;
        }

        var prefix = Path.GetDirectoryName(Path.GetDirectoryName(lines[0]))!;
        return new RuntimeInstallation(Known.Python, lines[0], lines[1], prefix, [.. lines[2..4].Distinct()], [.. lines[4..].Where(Directory.Exists)]);
    }

    private static string? DotNetProgram()
    {
        var candidates = new[] { Environment.ProcessPath, Join(Environment.GetEnvironmentVariable("DOTNET_ROOT")) }
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(Join));
        var first = candidates.FirstOrDefault(c => c is not null && Path.GetFileName(c) == "dotnet" && File.Exists(c));
        return first is null ? null : File.ResolveLinkTarget(first, returnFinalTarget: true)?.FullName ?? first;

        static string? Join(string? folder) => string.IsNullOrEmpty(folder) ? null : Path.Combine(folder, "dotnet");
    }

    private static (string Name, string Version, string? Folder) Newest(List<(string Name, string Version, string Folder)> runtimes, string name) =>
        runtimes.Where(r => r.Name == name).OrderByDescending(r => Version.TryParse(r.Version.Split('-')[0], out var v) ? v : new Version()).FirstOrDefault();

    private static IEnumerable<string> Optional(string? item) => item is null ? [] : [item];
}
