namespace Faas.Controller.Build;

/// <summary>An unpacked C# bundle: which of its files are to be compiled, and where the result goes.</summary>
internal static class SourceFolder
{
    /// <summary>Links are left out: their targets are in the bundle under their own name, and may be folders in a circle.</summary>
    private static readonly EnumerationOptions Everywhere = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>The sources to compile; none when the bundle brings its assemblies.</summary>
    /// <exception cref="BuildException">It has neither, or is a project that was not built.</exception>
    public static IReadOnlyList<SourceFile> Sources(string folder)
    {
        if (Files(folder, "*.dll").Any())
        {
            return [];
        }

        if (Files(folder, "*.csproj").FirstOrDefault() is { } project)
        {
            throw new BuildException(
                BuildErrors.BuildFailed, $"The bundle has the project '{EntryPath.Printable(project)}' but no assembly; publish it first, as `faas deploy` does.");
        }

        var sources = Files(folder, "*.cs").Where(path => !IsOutput(path)).Order(StringComparer.Ordinal).ToList();
        return sources.Count > 0
            ? [.. sources.Select(path => new SourceFile(path, File.ReadAllBytes(Path.Combine(folder, path))))]
            : throw new BuildException(BuildErrors.InvalidBundle, "The bundle has neither a .cs file nor a .dll file; a C# function needs one of them.");
    }

    /// <summary>Puts <c>function.dll</c> and <c>function.pdb</c> beside the sources.</summary>
    public static void Write(string folder, CompiledFunction function)
    {
        Write(Path.Combine(folder, CSharpCompiler.AssemblyName + ".dll"), function.Assembly);
        Write(Path.Combine(folder, CSharpCompiler.AssemblyName + ".pdb"), function.Symbols);
    }

    private static void Write(string path, byte[] content)
    {
        // A folder or a link of that name: writing through a link would change another file of the bundle.
        if (Path.Exists(path) || new FileInfo(path).LinkTarget is not null)
        {
            throw EntryPath.Refuse(Path.GetFileName(path), "has the name of the compiler's output; rename it");
        }

        File.WriteAllBytes(path, content);
        UnixMode.Set(path, UnixMode.File0644);
    }

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(folder, pattern, Everywhere).Select(file => Path.GetRelativePath(folder, file));

    private static bool IsOutput(string path) => path.StartsWith("bin/", StringComparison.Ordinal) || path.StartsWith("obj/", StringComparison.Ordinal);
}
