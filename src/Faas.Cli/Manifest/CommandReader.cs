using YamlDotNet.RepresentationModel;

namespace Faas.Cli.Manifest;

/// <summary>Reads <c>command:</c> and <c>env:</c>, what a program is started with.</summary>
internal static class CommandReader
{
    public static IReadOnlyDictionary<string, string> ReadEnv(YamlNode value, SettingValues values)
    {
        var env = new Dictionary<string, string>(StringComparer.Ordinal);
        if (value is not YamlMappingNode mapping)
        {
            values.Problem(value.Start, "'env' must be names and values, like 'env: {LEVEL: debug}'");
            return env;
        }

        foreach (var (key, entry) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: { } name } && entry is YamlScalarNode { Value: var text })
            {
                env[name] = text ?? "";
            }
            else
            {
                values.Problem(entry.Start, "an environment variable is one name and one value; put lists and maps into quotes");
            }
        }

        return env;
    }

    public static IReadOnlyList<string> ReadCommand(YamlNode value, SettingValues values)
    {
        if (value is YamlScalarNode { Value: { Length: > 0 } line })
        {
            if (ShellWords.Split(line) is { } words)
            {
                return words;
            }

            values.Problem(value.Start, "'command' has a quote that is not closed");
        }
        else if (value is YamlSequenceNode sequence && sequence.Children.All(word => word is YamlScalarNode))
        {
            return [.. sequence.Children.Select(word => ((YamlScalarNode)word).Value ?? "")];
        }
        else
        {
            values.Problem(value.Start, "'command' must be a list of words, like [python3, app.py], or one line");
        }

        return [];
    }
}
