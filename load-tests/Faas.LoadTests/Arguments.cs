using System.Globalization;

namespace Faas.LoadTests;

/// <summary>The <c>--name value</c> pairs of a command line.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values;

    private Arguments(Dictionary<string, string> values) => _values = values;

    public string this[string name] => _values.TryGetValue(name, out var value) ? value : throw new ArgumentException($"--{name} is missing");

    public static Arguments Parse(string[] args)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 1; i + 1 < args.Length; i += 2)
        {
            values[args[i].TrimStart('-')] = args[i + 1];
        }

        return new Arguments(values);
    }

    /// <summary>Null when it is missing or empty, which is how the scripts pass on what was not said.</summary>
    public string? Text(string name) => _values.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    public int Number(string name, int fallback) => Text(name) is null ? fallback : Number(name);

    public int Number(string name) => int.Parse(this[name], CultureInfo.InvariantCulture);
}
