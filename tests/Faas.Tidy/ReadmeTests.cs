using System.Text.RegularExpressions;

namespace Faas.Tidy;

/// <summary>What the README says about files is true.</summary>
public sealed partial class ReadmeTests
{
    private const string ColdStartPath = "## The cold-start path, file by file";

    [Fact]
    public void The_cold_start_path_names_files_that_exist()
    {
        var readme = Repository.Read("README.md");
        var start = readme.IndexOf(ColdStartPath, StringComparison.Ordinal);
        Assert.True(start >= 0, $"README.md has no section '{ColdStartPath}'.");
        var end = readme.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        var section = end < 0 ? readme[start..] : readme[start..end];

        var paths = SourcePaths().Matches(section).Select(match => match.Value).ToList();
        Assert.True(paths.Count >= 5, $"The cold-start path names {paths.Count} files; it cannot be that short.");
        Repository.AssertNone(
            paths.Where(path => !File.Exists(Path.Combine(Repository.Root, path))).Select(path => $"README.md:{LineOf(readme, start, path)}: {path}"),
            "Files of the cold-start path that do not exist:");
    }

    [Fact]
    public void Links_to_files_lead_somewhere() =>
        Repository.AssertNone(
            from path in Repository.Files
            where path.EndsWith(".md", StringComparison.Ordinal)
            from line in File.ReadLines(Path.Combine(Repository.Root, path)).Select((text, index) => (Text: text, Number: index + 1))
            from Match link in Links().Matches(line.Text)
            let target = Path.Combine(Repository.Root, Path.GetDirectoryName(path)!, link.Groups[1].Value)
            where !File.Exists(target) && !Directory.Exists(target)
            select $"{path}:{line.Number}: {link.Groups[1].Value}",
            "Links to files that do not exist:");

    [Fact]
    public void Every_sample_of_the_manifest_exists_and_says_how_to_call_it()
    {
        var names = SampleNames().Matches(Repository.Read("functions-samples/faas.yaml")).Select(match => match.Groups[1].Value).ToList();
        Assert.True(names.Count >= 8, $"{names.Count} samples; at least eight are promised.");
        Repository.AssertNone(
            from name in names
            let texts = Repository.Files
                .Where(path => path == $"functions-samples/{name}.cs" || Repository.In(path, $"functions-samples/{name}"))
                .Select(Repository.Read)
            where !texts.Any(text => text.Contains($"/function/{name}", StringComparison.Ordinal) || text.Contains($"invoke {name}", StringComparison.Ordinal))
            select $"functions-samples/{name}: no example of a call in it",
            "Samples without an example:");
    }

    private static int LineOf(string text, int from, string what) => text[..text.IndexOf(what, from, StringComparison.Ordinal)].Count(c => c == '\n') + 1;

    [GeneratedRegex(@"(src|runtimes)/[A-Za-z0-9_./-]+\.(cs|py|js|mjs|proto)")]
    private static partial Regex SourcePaths();

    [GeneratedRegex(@"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"^  ([a-z0-9-]+):\s*$", RegexOptions.Multiline)]
    private static partial Regex SampleNames();
}
