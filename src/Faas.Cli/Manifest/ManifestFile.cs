using Faas.Cli.CommandLine;

namespace Faas.Cli.Manifest;

/// <summary>A <c>faas.yaml</c> that was read without a problem.</summary>
/// <param name="Path">Where it is, absolute.</param>
/// <param name="Functions">Its functions, in the order in which they are written.</param>
internal sealed record ManifestFile(string Path, IReadOnlyList<ManifestFunction> Functions)
{
    public const string FileName = "faas.yaml";

    /// <summary>A manifest is written by hand; what is larger is another file.</summary>
    private const int BytesMax = 1024 * 1024;

    public string Folder => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>The manifest that <paramref name="path"/> means: the file itself, or the <c>faas.yaml</c> in that folder. Null when there is none.</summary>
    public static string? Find(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        if (File.Exists(full))
        {
            return full;
        }

        return new[] { FileName, "faas.yml" }.Select(name => System.IO.Path.Combine(full, name)).FirstOrDefault(File.Exists);
    }

    /// <summary>Reads the manifest that <paramref name="path"/> means; every problem in it is reported at once.</summary>
    public static ManifestFile Load(string path)
    {
        var file = Find(path) ?? throw new CliException(
            ExitCode.NotFound,
            Directory.Exists(path)
                ? $"There is no {FileName} in {System.IO.Path.GetFullPath(path)}. Make one with `faas init NAME --runtime python`."
                : $"There is no file or folder {Output.Text.Shorten(path)}.");
        if (new FileInfo(file).Length > BytesMax)
        {
            throw new CliException(ExitCode.Refused, $"{file} is larger than 1 MiB; a manifest is not.");
        }

        // Paths in messages are relative when that is shorter, as compilers print them.
        var shown = System.IO.Path.GetRelativePath(Environment.CurrentDirectory, file);
        shown = shown.Length < file.Length ? shown : file;
        var (functions, problems) = ManifestReader.Read(shown, System.IO.Path.GetDirectoryName(file)!, File.ReadAllText(file));
        return problems.Count == 0 ? new ManifestFile(file, functions) : throw ManifestProblem.ToException(shown, problems);
    }
}
