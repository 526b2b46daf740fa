using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Faas.Functions;

/// <summary>
/// Names with their values, as headers, queries and cookies have them: names compare without case, one name may occur several times, order
/// is kept.
/// </summary>
/// <example>
/// <code>
/// string? type = request.Headers["Content-Type"];        // null when it is missing
/// foreach (var tag in request.Query.All("tag")) { ... }  // ?tag=a&amp;tag=b
/// </code>
/// </example>
public sealed class HttpValues : IEnumerable<KeyValuePair<string, string>>
{
    // A list and a linear search: requests have about ten headers, and a dictionary of ten costs more to fill than ten comparisons.
    private readonly List<KeyValuePair<string, string>> _pairs;

    /// <summary>No values.</summary>
    public static HttpValues Empty { get; } = new([]);

    /// <summary>These values, in their order.</summary>
    public HttpValues(IEnumerable<KeyValuePair<string, string>> pairs) => _pairs = [.. pairs];

    internal HttpValues(List<KeyValuePair<string, string>> pairs) => _pairs = pairs;

    /// <summary>The first value of <paramref name="name"/>, or null.</summary>
    public string? this[string name] => TryGet(name, out var value) ? value : null;

    /// <summary>How many values there are, counting repeated names each time.</summary>
    public int Count => _pairs.Count;

    /// <summary>Whether <paramref name="name"/> occurs.</summary>
    public bool Contains(string name) => TryGet(name, out _);

    /// <summary>Finds the first value of <paramref name="name"/>.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out string? value)
    {
        foreach (var pair in _pairs)
        {
            if (string.Equals(pair.Key, name, StringComparison.OrdinalIgnoreCase))
            {
                value = pair.Value;
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <summary>All values of <paramref name="name"/>, in their order.</summary>
    public IReadOnlyList<string> All(string name)
    {
        List<string>? found = null;
        foreach (var pair in _pairs)
        {
            if (string.Equals(pair.Key, name, StringComparison.OrdinalIgnoreCase))
            {
                (found ??= []).Add(pair.Value);
            }
        }

        return found ?? (IReadOnlyList<string>)[];
    }

    /// <inheritdoc />
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _pairs.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Reads a query (without its question mark): <c>a=1&amp;b=x+y</c>. A name without <c>=</c> has an empty value.</summary>
    public static HttpValues ParseQuery(string query)
    {
        if (query.Length == 0)
        {
            return Empty;
        }

        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var range in query.AsSpan().Split('&'))
        {
            var part = query.AsSpan()[range];
            if (part.Length == 0)
            {
                continue;
            }

            var equals = part.IndexOf('=');
            var name = equals < 0 ? part : part[..equals];
            var value = equals < 0 ? [] : part[(equals + 1)..];
            pairs.Add(new(Decode(name), Decode(value)));
        }

        return new HttpValues(pairs);
    }

    /// <summary>Reads the values of <c>Cookie</c> headers: <c>a=1; b=2</c>.</summary>
    public static HttpValues ParseCookies(IEnumerable<string> headers)
    {
        List<KeyValuePair<string, string>>? pairs = null;
        foreach (var header in headers)
        {
            foreach (var part in header.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                var equals = part.IndexOf('=', StringComparison.Ordinal);
                (pairs ??= []).Add(equals < 0 ? new("", part) : new(part[..equals], part[(equals + 1)..]));
            }
        }

        return pairs is null ? Empty : new HttpValues(pairs);
    }

    private static string Decode(ReadOnlySpan<char> text)
    {
        if (text.IndexOfAny('%', '+') < 0)
        {
            return text.ToString();
        }

        return Uri.UnescapeDataString(text.ToString().Replace('+', ' '));
    }
}
