using System.Xml.Linq;

namespace Faas.Tidy;

/// <summary>The arrows between projects run one way, as the design draws them.</summary>
public sealed class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Faas.Contracts"] = [],
        ["Faas.Functions"] = [],
        ["Faas.WorkerProtocol"] = [],
        ["Faas.Link"] = ["Faas.Contracts"],
        ["Faas.Gateway"] = ["Faas.Contracts", "Faas.Link", "Faas.WorkerProtocol"],
        ["Faas.Instances"] = ["Faas.Contracts", "Faas.WorkerProtocol"],
        ["Faas.Storage"] = ["Faas.Contracts"],
        ["Faas.Events"] = ["Faas.Contracts", "Faas.Storage"],
        ["Faas.Controller"] = ["Faas.Contracts", "Faas.Functions", "Faas.WorkerProtocol", "Faas.Link", "Faas.Instances", "Faas.Storage", "Faas.Events"],
        ["Faas.Cli"] = ["Faas.Contracts"],
    };

    private static readonly string[] WithoutPackages = ["Faas.Contracts", "Faas.Functions", "Faas.WorkerProtocol"];

    // What a worker may reference, whatever its project is called. The warm-up is no reference of its code: it is loaded as a function is.
    private static readonly string[] AllowedForRuntimes = ["Faas.WorkerProtocol", "Faas.Functions", "Faas.Runtime.DotNet.Warmup"];

    private static IReadOnlyList<Project> Projects { get; } =
        [.. Repository.Files.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)).Select(Project.Read)];

    [Fact]
    public void Projects_of_src_are_those_of_the_design() =>
        Repository.AssertNone(
            Projects.Where(project => Repository.In(project.FilePath, "src") && !Allowed.ContainsKey(project.Name)).Select(project => project.FilePath),
            "A project that the design does not draw; a folder does unless it is deployed alone, brings a package, or must be kept apart by the compiler:");

    [Fact]
    public void Projects_reference_only_what_the_design_allows() =>
        Repository.AssertNone(
            from project in Projects
            let allowed = Repository.In(project.FilePath, "src") ? Allowed.GetValueOrDefault(project.Name)
                : Repository.In(project.FilePath, "runtimes") ? AllowedForRuntimes
                : null
            where allowed is not null
            from reference in project.References
            where !allowed.Contains(reference.Name)
            select $"{project.FilePath}:{reference.Line}: {project.Name} -> {reference.Name}; allowed: {string.Join(", ", allowed)}",
            "References against the arrows of the design:");

    [Fact]
    public void The_projects_that_everybody_sees_bring_no_packages() =>
        Repository.AssertNone(
            from project in Projects
            where WithoutPackages.Contains(project.Name)
            from package in project.Packages
            select $"{project.FilePath}:{package.Line}: {package.Name}",
            "Packages in a project without packages:");

    [Fact]
    public void References_make_no_cycle()
    {
        var byName = Projects.ToDictionary(project => project.Name, project => project.References.Select(reference => reference.Name).ToList());
        Repository.AssertNone(byName.Keys.Select(name => CycleFrom(name, byName)).OfType<string>(), "Cycles:");
    }

    [Fact]
    public void Platform_projects_reference_no_tests_and_no_samples() =>
        Repository.AssertNone(
            from project in Projects
            where Repository.In(project.FilePath, "src") || Repository.In(project.FilePath, "runtimes")
            from reference in project.References
            where reference.FilePath.StartsWith("tests/", StringComparison.Ordinal) || reference.FilePath.StartsWith("functions-samples/", StringComparison.Ordinal)
            select $"{project.FilePath}:{reference.Line}: {reference.FilePath}",
            "The platform must not know its tests or samples:");

    private static string? CycleFrom(string start, Dictionary<string, List<string>> references)
    {
        var ways = new Stack<List<string>>([[start]]);
        var seen = new HashSet<string>();
        while (ways.TryPop(out var way))
        {
            foreach (var next in references.GetValueOrDefault(way[^1]) ?? [])
            {
                if (next == start)
                {
                    return string.Join(" -> ", [.. way, next]);
                }

                if (seen.Add(next))
                {
                    ways.Push([.. way, next]);
                }
            }
        }

        return null;
    }

    private sealed record Reference(string Name, string FilePath, int Line);

    private sealed record Project(string Name, string FilePath, IReadOnlyList<Reference> References, IReadOnlyList<Reference> Packages)
    {
        public static Project Read(string path)
        {
            var xml = XDocument.Parse(Repository.Read(path), LoadOptions.SetLineInfo);
            return new Project(Path.GetFileNameWithoutExtension(path), path, Items(xml, path, "ProjectReference"), Items(xml, path, "PackageReference"));
        }

        private static List<Reference> Items(XDocument xml, string path, string element) =>
        [
            .. from item in xml.Descendants(element)
               let include = item.Attribute("Include")?.Value.Replace('\\', '/')
               where include is not null
               let file = Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(path)!, include)))
               let name = element == "ProjectReference" ? Path.GetFileNameWithoutExtension(include) : include
               select new Reference(name, file, ((System.Xml.IXmlLineInfo)item).LineNumber),
        ];
    }
}
