using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Faas.Contracts.Functions;

/// <summary>Text that names secrets, <c>amqp://app:${SHOP_PASSWORD}@broker</c>: the platform puts their values in where it needs them, so that no manifest and no answer holds one.</summary>
public static partial class SecretText
{
    /// <summary>Longest name of a secret.</summary>
    public const int NameLengthMax = 64;

    /// <summary>Longest value of a secret in bytes, as UTF-8: keys and certificates fit, files do not.</summary>
    public const int ValueBytesMax = 64 * 1024;

    /// <summary>Whether <paramref name="name"/> may name a secret: letters, digits and underscores, no digit first, 1 to 64 of them.</summary>
    public static bool IsName([NotNullWhen(true)] string? name) => name is { Length: > 0 and <= NameLengthMax } && Name().IsMatch(name);

    /// <summary>The secrets that <paramref name="text"/> names, each once, in their order.</summary>
    public static IReadOnlyList<string> NamesIn(string text) => [.. Reference().Matches(text).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal)];

    /// <summary><paramref name="text"/> with what <paramref name="value"/> says instead of each secret's name.</summary>
    public static string Fill(string text, Func<string, string> value) => Reference().Replace(text, match => value(match.Groups[1].Value));

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"\$\{([A-Za-z_][A-Za-z0-9_]{0,63})\}", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}
