using System.Text.Json;
using Faas.Cli.CommandLine;
using Faas.Contracts.Functions;

namespace Faas.Cli.Packaging;

/// <summary>What has to be done to a source before it can be packed.</summary>
internal enum PreparationKind
{
    /// <summary>Packed as it is.</summary>
    None,

    /// <summary><c>requirements.txt</c>: pip installs into <c>.deps</c>.</summary>
    Pip,

    /// <summary><c>package.json</c> with dependencies: npm installs into <c>node_modules</c>.</summary>
    Npm,

    /// <summary>A C# project: dotnet publishes it.</summary>
    DotNet,
}

/// <summary>What a source needs, decided by the files in it. Pure but for looking at them.</summary>
/// <param name="Kind">What has to be done.</param>
/// <param name="ProjectFile">The C# project; null for other kinds.</param>
internal sealed record Preparation(PreparationKind Kind, string? ProjectFile = null)
{
    public static Preparation For(FunctionSpec spec, string source)
    {
        if (File.Exists(source))
        {
            return source.EndsWith(".csproj", StringComparison.OrdinalIgnoreCase) ? new Preparation(PreparationKind.DotNet, source) : new Preparation(PreparationKind.None);
        }

        var may = spec.Runtime;
        if (may is Runtimes.DotNet or Runtimes.Http && FindProject(source) is { } project)
        {
            return new Preparation(PreparationKind.DotNet, project);
        }

        if (may is Runtimes.Node or Runtimes.Http && HasDependencies(Path.Combine(source, "package.json")))
        {
            return new Preparation(PreparationKind.Npm);
        }

        return may is Runtimes.Python or Runtimes.Http && File.Exists(Path.Combine(source, "requirements.txt"))
            ? new Preparation(PreparationKind.Pip)
            : new Preparation(PreparationKind.None);
    }

    /// <summary>Folders of the source that do not belong into this function's bundle.</summary>
    public static IReadOnlyList<string> ExcludedFolders(FunctionSpec spec, PreparationKind kind) => (spec.Runtime, kind) switch
    {
        (_, PreparationKind.DotNet) or (Runtimes.DotNet, _) => ["bin", "obj", "node_modules"],
        (_, PreparationKind.Npm) => ["node_modules"],
        (_, PreparationKind.Pip) => ["node_modules", ".venv", "venv", ".deps"],
        (Runtimes.Python, _) => ["node_modules", ".venv", "venv"],
        _ => [],
    };

    private static string? FindProject(string folder)
    {
        var projects = Directory.GetFiles(folder, "*.csproj");
        return projects.Length <= 1 ? projects.FirstOrDefault() : throw new CliException(
            ExitCode.Refused,
            $"{folder} has {projects.Length} C# projects; name one with 'source:', for example 'source: {Path.GetFileName(folder)}/{Path.GetFileName(projects.Order(StringComparer.Ordinal).First())}'.");
    }

    private static bool HasDependencies(string packageJson)
    {
        if (!File.Exists(packageJson))
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(packageJson), new JsonDocumentOptions { MaxDepth = 64 });
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("dependencies", out var dependencies)
                && dependencies.ValueKind == JsonValueKind.Object
                && dependencies.EnumerateObject().Any();
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCode.Refused, $"{packageJson}:{e.LineNumber + 1}:{e.BytePositionInLine + 1}: not valid JSON.");
        }
    }
}
