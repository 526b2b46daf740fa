using System.Xml;
using System.Xml.Linq;

namespace Faas.Cli.Packaging;

/// <summary>The files that decide what a C# project publishes: its folder, those of the projects it refers to, and the build's files above them.</summary>
internal static class ProjectInputs
{
    private static readonly string[] FilesAbove =
        ["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json", "nuget.config", "NuGet.config", "NuGet.Config"];

    public static IReadOnlyList<SourceFile> List(string project)
    {
        var inputs = new Dictionary<string, SourceFile>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var pending = new Queue<string>([Path.GetFullPath(project)]);
        while (pending.TryDequeue(out var next))
        {
            if (!seen.Add(next) || !File.Exists(next))
            {
                continue;
            }

            var folder = Path.GetDirectoryName(next)!;
            foreach (var file in SourceTree.List(folder, "bin", "obj", "node_modules").Concat(Above(folder)))
            {
                // Named by where it is, so that the same file reached twice counts once.
                inputs[file.FullPath] = file with { Path = Path.GetRelativePath(Path.GetDirectoryName(project)!, file.FullPath) };
            }

            References(next).ForEach(pending.Enqueue);
        }

        return [.. inputs.Values.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    private static IEnumerable<SourceFile> Above(string folder)
    {
        for (var parent = Path.GetDirectoryName(folder); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            foreach (var path in FilesAbove.Select(name => Path.Combine(parent, name)).Where(File.Exists))
            {
                yield return new SourceFile(path, path, 0, false, null);
            }
        }
    }

    private static List<string> References(string project)
    {
        try
        {
            return [.. XDocument.Load(project).Descendants()
                .Where(element => element.Name.LocalName == "ProjectReference")
                .Select(element => element.Attribute("Include")?.Value.Replace('\\', '/'))
                .Where(include => include is { Length: > 0 } && !include.Contains('$', StringComparison.Ordinal))
                .Select(include => Path.GetFullPath(include!, Path.GetDirectoryName(project)!))];
        }
        catch (XmlException)
        {
            return [];   // dotnet will say what is wrong with it, better than we could
        }
    }
}
