using System.Text.RegularExpressions;

namespace Faas.Cli.Packaging;

/// <summary>
/// <c>.faasignore</c>: one glob a line, as in .gitignore: <c>*</c> and <c>?</c> within a name, <c>**</c> across folders, a leading slash for the
/// source's root, a trailing one for folders only, <c>!</c> to take something back in, <c>#</c> for comments. The last match wins.
/// </summary>
internal sealed class IgnoreRules
{
    public const string FileName = ".faasignore";

    private readonly List<(Regex Pattern, bool OnlyFolders, bool Includes)> _rules = [];

    public IgnoreRules(IEnumerable<string> lines)
    {
        foreach (var line in lines.Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            var includes = line[0] == '!';
            var glob = includes ? line[1..] : line;
            var onlyFolders = glob.EndsWith('/');
            glob = glob.TrimEnd('/');
            if (glob.Length > 0)
            {
                _rules.Add((ToRegex(glob), onlyFolders, includes));
            }
        }
    }

    /// <param name="path">Relative, with slashes.</param>
    /// <param name="isFolder">A folder that is ignored is not looked into.</param>
    public bool Ignores(string path, bool isFolder)
    {
        var ignored = false;
        foreach (var (pattern, onlyFolders, includes) in _rules)
        {
            if ((isFolder || !onlyFolders) && pattern.IsMatch(path))
            {
                ignored = !includes;
            }
        }

        return ignored;
    }

    private static Regex ToRegex(string glob)
    {
        // A slash inside ties the glob to the root; without one it matches a name at any depth.
        var anchored = glob.TrimStart('/').Contains('/', StringComparison.Ordinal) || glob[0] == '/';
        var escaped = Regex.Escape(glob.TrimStart('/'))
            .Replace(@"\*\*/", "(?:.*/)?", StringComparison.Ordinal)
            .Replace(@"\*\*", ".*", StringComparison.Ordinal)
            .Replace(@"\*", "[^/]*", StringComparison.Ordinal)
            .Replace(@"\?", "[^/]", StringComparison.Ordinal);
        return new Regex((anchored ? "^" : "^(?:.*/)?") + escaped + "$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
    }
}
