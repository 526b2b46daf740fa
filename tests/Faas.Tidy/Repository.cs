namespace Faas.Tidy;

/// <summary>The files that belong to the repository: what is on disk below the folders of the design, without build output.</summary>
internal static class Repository
{
    private static readonly string[] Output = ["bin", "obj", "node_modules", "__pycache__", ".git", "TestResults", "artifacts"];

    public static string Root { get; } = FindRoot();

    /// <summary>Paths relative to the root, with slashes, in order.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Walk(Root).Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    /// <summary>C# files of the platform itself: src and runtimes.</summary>
    public static IReadOnlyList<SourceFile> Platform { get; } =
        [.. Files.Where(path => path.EndsWith(".cs", StringComparison.Ordinal) && (In(path, "src") || In(path, "runtimes"))).Select(SourceFile.Read)];

    /// <summary>C# files of the tests and load tests, without the functions that they deploy.</summary>
    public static IReadOnlyList<SourceFile> Tests { get; } =
    [
        .. Files.Where(path => path.EndsWith(".cs", StringComparison.Ordinal) && !path.Contains("/Functions/", StringComparison.Ordinal))
            .Where(path => In(path, "tests") || In(path, "load-tests"))
            .Select(SourceFile.Read),
    ];

    public static bool In(string path, string folder) => path.StartsWith(folder + "/", StringComparison.Ordinal);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>Fails with one line for each of <paramref name="problems"/>, each beginning with file:line where there is one.</summary>
    public static void AssertNone(IEnumerable<string> problems, string rule)
    {
        var found = problems.ToList();
        Assert.True(found.Count == 0, $"{rule}\n{string.Join('\n', found)}");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "BannedSymbols.txt")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"No BannedSymbols.txt above {AppContext.BaseDirectory}.");
    }

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            yield return file;
        }

        foreach (var below in Directory.EnumerateDirectories(folder))
        {
            if (!Output.Contains(Path.GetFileName(below)))
            {
                foreach (var file in Walk(below))
                {
                    yield return file;
                }
            }
        }
    }
}
