using System.Runtime.InteropServices;
using Faas.Cli.CommandLine;

namespace Faas.Cli.Supervision;

/// <summary>
/// Where the parts of the platform are: in <c>platform/</c> next to the CLI, put there by its build. <c>FAAS_GATEWAY</c> names another gateway, such as one
/// published as native code.
/// </summary>
internal static class PlatformParts
{
    private static string Root => Path.Combine(AppContext.BaseDirectory, "platform");

    /// <summary>Folder of the worker shims.</summary>
    public static string Runtimes => Path.Combine(Root, "runtimes");

    /// <summary>The function SDK's assembly, which C# projects compile against; null when this build has none.</summary>
    public static string? FunctionSdk =>
        Path.Combine(Runtimes, "dotnet", "Faas.Functions.dll") is var path && File.Exists(path) ? path : null;

    /// <summary>The program of a part, and what its command line begins with.</summary>
    public static (string Program, IReadOnlyList<string> Arguments) Find(string part)
    {
        if (part == "gateway" && Environment.GetEnvironmentVariable("FAAS_GATEWAY") is { Length: > 0 } chosen)
        {
            var path = Path.GetFullPath(chosen);
            return File.Exists(path)
                ? path.EndsWith(".dll", StringComparison.Ordinal) ? (DotNetHost, [path]) : (path, [])
                : throw new CliException(ExitCode.Usage, $"FAAS_GATEWAY names a file that does not exist: {path}");
        }

        var folder = Path.Combine(Root, part);
        var program = Path.Combine(folder, "faas-" + part);
        if (File.Exists(program))
        {
            return (program, []);
        }

        return File.Exists(program + ".dll")
            ? (DotNetHost, [program + ".dll"])
            : throw new CliException(ExitCode.Error, $"This build of faas has no {part} (looked for {program}.dll); build it with `dotnet build src/Faas.Cli`.");
    }

    /// <summary>The installation that runs this process, so that the parts run on the same one wherever it is.</summary>
    public static string DotNetRoot => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static string DotNetHost => Path.Combine(DotNetRoot, "dotnet") is var host && File.Exists(host) ? host : "dotnet";
}
