namespace Faas.Cli.Manifest;

/// <summary>Did you mean ...?</summary>
internal static class Suggestion
{
    /// <summary>The closest of <paramref name="known"/> within two edits (ignoring case, hyphens and underscores); null when none is.</summary>
    public static string? For(string written, IEnumerable<string> known)
    {
        if (written.Length > 40)
        {
            return null;
        }

        var plain = Plain(written);
        return known
            .Select(candidate => (Candidate: candidate, Distance: Distance(plain, Plain(candidate))))
            .Where(pair => pair.Distance <= Math.Min(2, pair.Candidate.Length / 2))
            .OrderBy(pair => pair.Distance)
            .Select(pair => pair.Candidate)
            .FirstOrDefault();
    }

    private static string Plain(string text) =>
        text.ToLowerInvariant().Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);

    /// <summary>Levenshtein's distance, two rows at a time.</summary>
    private static int Distance(string a, string b)
    {
        var previous = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var current = new int[b.Length + 1];
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
            }

            previous = current;
        }

        return previous[b.Length];
    }
}
