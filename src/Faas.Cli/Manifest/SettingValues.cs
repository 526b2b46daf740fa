using System.Globalization;
using Faas.Contracts.Functions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Faas.Cli.Manifest;

/// <summary>Reads single values of a manifest; what cannot be read is null and a problem at the value's own position.</summary>
internal sealed class SettingValues(string file, List<ManifestProblem> problems)
{
    public string? Scalar(string field, YamlNode value, string expected)
    {
        if (value is YamlScalarNode { Value: { Length: > 0 } text })
        {
            return text;
        }

        Problem(value.Start, $"'{field}' must be {expected}");
        return null;
    }

    public int? Whole(string field, YamlNode value) => Parse<int>(field, value, "a whole number", ToWhole);

    public int? Size(string field, YamlNode value) => Parse<int>(field, value, "a size like 256MiB or 1GiB", ToMiB);

    public double? Number(string field, YamlNode value, string expected) => Parse<double>(field, value, expected, ToNumber);

    public TimeSpan? Duration(string field, YamlNode value, string expected) => Parse<TimeSpan>(field, value, expected, ToDuration);

    public bool? Switch(string field, YamlNode value) => Parse<bool>(field, value, "'true' or 'false'", ToSwitch);

    public NetworkKind? Network(string field, YamlNode value) => Parse<NetworkKind>(field, value, "'egress' or 'none'", ToNetwork);

    /// <summary>One of an enum's names, in lower case.</summary>
    public T? Choice<T>(string field, YamlNode value, string expected)
        where T : struct, Enum =>
        Parse<T>(field, value, expected, static text => Enum.TryParse<T>(text, ignoreCase: true, out var choice) && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)) && Enum.IsDefined(choice) && !char.IsAsciiDigit(text[0]) ? choice : null);

    public void Problem(Mark mark, string message) => problems.Add(new ManifestProblem(file, mark, message));

    /// <summary>"unknown setting 'memroy'; did you mean 'memory'?"</summary>
    public static string Unknown(YamlNode key, string kind, IReadOnlyList<string> known)
    {
        var written = (key as YamlScalarNode)?.Value ?? "";
        return $"unknown {kind} '{Output.Text.Shorten(written)}'; " + (Suggestion.For(written, known) is { } suggestion
            ? $"did you mean '{suggestion}'?"
            : "known are " + string.Join(", ", known));
    }

    private T? Parse<T>(string field, YamlNode value, string expected, Func<string, T?> parse)
        where T : struct
    {
        if (value is YamlScalarNode { Value: { } text } && parse(text) is { } result)
        {
            return result;
        }

        var written = value is YamlScalarNode { Value: { Length: > 0 } scalar } ? $", not '{Output.Text.Shorten(scalar)}'" : "";
        Problem(value.Start, $"'{field}' must be {expected}{written}");
        return null;
    }

    private static int? ToMiB(string text) => Quantities.TryParseMiB(text, out var mib) ? mib : null;

    private static TimeSpan? ToDuration(string text) => Quantities.TryParseDuration(text, out var duration) ? duration : null;

    private static double? ToNumber(string text) => Quantities.TryParseNumber(text, out var number) ? number : null;

    private static int? ToWhole(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool? ToSwitch(string text) => text switch
    {
        "true" => true,
        "false" => false,
        _ => null,
    };

    private static NetworkKind? ToNetwork(string text) => text switch
    {
        "egress" => NetworkKind.Egress,
        "none" => NetworkKind.None,
        _ => null,
    };
}
