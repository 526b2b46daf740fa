using Faas.Contracts.Functions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Faas.Cli.Manifest;

/// <summary>Reads a trigger's <c>cron:</c>, a schedule or one with settings: <c>{schedule: "0 8 * * MON-FRI", timeZone: Europe/Berlin, overlap: queue}</c>.</summary>
internal sealed class CronReader(SettingValues values, Dictionary<string, Mark> marks)
{
    private const string Example = "{schedule: \"0 8 * * MON-FRI\", timeZone: Europe/Berlin}";

    private static readonly string[] Keys = ["schedule", "timeZone", "overlap", "catchUp", "catchUpMax", "jitter", "payload"];

    /// <summary>The schedule; null when there is none. Where its settings are goes to the marks, under what the rules call them, which begins with <paramref name="field"/>.</summary>
    public CronSpec? Read(string field, YamlNode value)
    {
        if (value is YamlScalarNode { Value: { Length: > 0 } schedule })
        {
            marks[$"{field}.schedule"] = value.Start;
            return new CronSpec { Schedule = schedule };
        }

        if (value is not YamlMappingNode mapping || !mapping.Children.ContainsKey(new YamlScalarNode("schedule")))
        {
            values.Problem(value.Start, $"'cron' must be a schedule like '0 8 * * MON-FRI' or '@every 5m', or one with settings, like {Example}");
            return null;
        }

        var cron = new CronSpec { Schedule = "" };
        foreach (var (key, setting) in mapping.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            if (Array.IndexOf(Keys, name) < 0)
            {
                values.Problem(key.Start, SettingValues.Unknown(key, "setting of 'cron'", Keys));
                continue;
            }

            marks[$"{field}.{name}"] = setting.Start;
            cron = Apply(cron, name, setting);
        }

        return cron;
    }

    private CronSpec Apply(CronSpec cron, string name, YamlNode value)
    {
        switch (name)
        {
            case "schedule": return cron with { Schedule = values.Scalar(name, value, "a schedule like '0 8 * * MON-FRI'") ?? "" };
            case "timeZone": return values.Scalar(name, value, "a name like Europe/Berlin or UTC") is { } zone ? cron with { TimeZone = zone } : cron;
            case "overlap": return values.Choice<OverlapPolicy>(name, value, "skip, queue or allow") is { } overlap ? cron with { Overlap = overlap } : cron;
            case "catchUp": return values.Choice<CatchUpPolicy>(name, value, "none, last or all") is { } catchUp ? cron with { CatchUp = catchUp } : cron;
            case "catchUpMax": return values.Whole(name, value) is { } most ? cron with { CatchUpMax = most } : cron;
            case "jitter": return values.Duration(name, value, "a duration like 30s or 5m") is { } jitter ? cron with { Jitter = jitter } : cron;
            default: return cron with { Payload = values.Scalar(name, value, "JSON, in quotes: '{\"report\": \"daily\"}'") };
        }
    }
}
