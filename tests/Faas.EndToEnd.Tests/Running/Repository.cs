namespace Faas.EndToEnd.Tests.Running;

/// <summary>Where things are in the repository whose build is under test.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The built CLI.</summary>
    public static string Cli => Path.Combine(Root, "src/Faas.Cli/bin/Release/net10.0/faas");

    /// <summary>The built client of the load tests.</summary>
    public static string LoadTests => Path.Combine(Root, "load-tests/Faas.LoadTests/bin/Release/net10.0/Faas.LoadTests");

    public static string Samples => Path.Combine(Root, "functions-samples");

    /// <summary>The text of one of the functions that only the tests deploy.</summary>
    public static string Function(string file) => File.ReadAllText(Path.Combine(Root, "tests/Faas.EndToEnd.Tests/Functions", file));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "BannedSymbols.txt")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"No BannedSymbols.txt above {AppContext.BaseDirectory}.");
    }
}
