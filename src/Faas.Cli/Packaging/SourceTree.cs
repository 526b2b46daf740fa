using Faas.Cli.CommandLine;

namespace Faas.Cli.Packaging;

/// <summary>Lists what of a source goes into its bundle, sorted, and refuses by name what must not.</summary>
internal static class SourceTree
{
    /// <summary>Never part of a function's code, wherever they are.</summary>
    private static readonly string[] NeverIncluded = [".git", ".faas", ".hg", ".svn", ".vs", ".idea", "__pycache__", ".DS_Store"];

    /// <param name="source">A folder or one file.</param>
    /// <param name="alsoExcluded">Names of folders that this kind of function does not need, for example <c>node_modules</c>.</param>
    public static IReadOnlyList<SourceFile> List(string source, params IReadOnlyList<string> alsoExcluded)
    {
        if (File.Exists(source))
        {
            return [Describe(Path.GetDirectoryName(source)!, new FileInfo(source), followLink: true)];
        }

        var ignoreFile = Path.Combine(source, IgnoreRules.FileName);
        var rules = new IgnoreRules(File.Exists(ignoreFile) ? File.ReadAllLines(ignoreFile) : []);
        var files = new List<SourceFile>();
        Walk(source, new DirectoryInfo(source), rules, [.. NeverIncluded, .. alsoExcluded], files);
        files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return files;
    }

    private static void Walk(string root, DirectoryInfo folder, IgnoreRules rules, string[] excluded, List<SourceFile> files)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            var path = RelativePath(root, entry);
            var isFolder = entry is DirectoryInfo && entry.LinkTarget is null;
            if (excluded.Contains(entry.Name) || path == IgnoreRules.FileName || rules.Ignores(path, isFolder))
            {
                continue;
            }

            if (isFolder)
            {
                Walk(root, (DirectoryInfo)entry, rules, excluded, files);
            }
            else
            {
                files.Add(Describe(root, entry, followLink: false));
            }
        }
    }

    private static SourceFile Describe(string root, FileSystemInfo entry, bool followLink)
    {
        var path = RelativePath(root, entry);
        if (entry.LinkTarget is { } target && !followLink)
        {
            RefuseUnlessInside(root, entry, path, target);
            return new SourceFile(path, entry.FullName, 0, false, target);
        }

        var length = (entry.LinkTarget is null ? (FileInfo)entry : (FileInfo)entry.ResolveLinkTarget(returnFinalTarget: true)!).Length;
        if (length == 0 && Native.IsPipeOrSocket(entry.FullName))
        {
            throw new CliException(ExitCode.Refused, $"'{path}' is a pipe or a socket, which a bundle cannot hold; add it to {IgnoreRules.FileName}.");
        }

        var executable = (entry.UnixFileMode & UnixFileMode.UserExecute) != 0;
        return new SourceFile(path, entry.FullName, length, executable, null);
    }

    private static void RefuseUnlessInside(string root, FileSystemInfo entry, string path, string target)
    {
        var parent = Path.GetDirectoryName(entry.FullName)!;
        var resolved = Path.GetFullPath(target, parent);
        if (Path.IsPathRooted(target) || !(resolved + "/").StartsWith(Path.TrimEndingDirectorySeparator(root) + "/", StringComparison.Ordinal))
        {
            throw new CliException(ExitCode.Refused, $"The link '{path}' points to '{target}', outside of the source; copy the file in its place, or add it to {IgnoreRules.FileName}.");
        }
    }

    private static string RelativePath(string root, FileSystemInfo entry) =>
        Path.GetRelativePath(root, entry.FullName).Replace(Path.DirectorySeparatorChar, '/');
}
