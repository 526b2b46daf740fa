using Faas.Contracts.Functions;
using YamlDotNet.RepresentationModel;

namespace Faas.Cli.Manifest;

/// <summary>Reads <c>warm:</c>, one window or a list of them: <c>{from: "0 8 * * MON-FRI", for: 10h, timeZone: Europe/Berlin, instances: 2}</c>.</summary>
internal static class WarmWindowReader
{
    private const string Example = "{from: \"0 8 * * MON-FRI\", for: 10h}";

    private static readonly string[] Keys = ["from", "for", "timeZone", "instances"];

    /// <summary>The windows and where each begins, so that rules which one breaks are reported in its own line.</summary>
    public static IReadOnlyList<(WarmWindow Window, YamlNode Node)> Read(YamlNode value, SettingValues values)
    {
        if (value is not (YamlMappingNode or YamlSequenceNode))
        {
            values.Problem(value.Start, $"'warm' must be one or several windows, like {Example}");
            return [];
        }

        var windows = new List<(WarmWindow, YamlNode)>();
        foreach (var node in value is YamlSequenceNode list ? list.Children : [value])
        {
            if (node is not YamlMappingNode mapping)
            {
                values.Problem(node.Start, $"a warm window must be written like {Example}");
            }
            else if (ReadOne(mapping, values) is { } window)
            {
                windows.Add((window, node));
            }
        }

        return windows;
    }

    private static WarmWindow? ReadOne(YamlMappingNode mapping, SettingValues values)
    {
        var window = new WarmWindow { Cron = "", For = TimeSpan.Zero };
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Children)
        {
            var field = (key as YamlScalarNode)?.Value ?? "";
            if (Array.IndexOf(Keys, field) < 0)
            {
                values.Problem(key.Start, SettingValues.Unknown(key, "setting of a warm window", Keys));
                continue;
            }

            known.Add(field);
            window = Apply(window, field, value, values);
        }

        string[] missing = [.. Keys.Take(2).Where(key => !known.Contains(key))];
        if (missing.Length > 0)
        {
            values.Problem(mapping.Start, $"the warm window has no '{string.Join("' and no '", missing)}'; write it like {Example}");
            return null;
        }

        return window;
    }

    private static WarmWindow Apply(WarmWindow window, string field, YamlNode value, SettingValues values)
    {
        switch (field)
        {
            case "from": return values.Scalar(field, value, "a cron expression like '0 8 * * MON-FRI'") is { } cron ? window with { Cron = cron } : window;
            case "for": return values.Duration(field, value, "a duration like 10h or 30m") is { } duration ? window with { For = duration } : window;
            case "timeZone": return values.Scalar(field, value, "a name like Europe/Berlin or UTC") is { } zone ? window with { TimeZone = zone } : window;
            default: return values.Whole(field, value) is { } instances ? window with { Instances = instances } : window;
        }
    }
}
