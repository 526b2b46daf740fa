using Faas.Contracts.Functions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Faas.Cli.Manifest;

/// <summary>Reads <c>async:</c>, how asynchronous invocations are run: <c>{maxAttempts: 5, backoffMin: 2s, onFailure: {function: alerts}}</c>.</summary>
internal sealed class AsyncReader(SettingValues values, Dictionary<string, Mark> marks)
{
    private const string Example = "{maxAttempts: 5, onFailure: {topic: failed}}";

    private static readonly string[] Keys =
        ["maxAttempts", "backoffMin", "backoffMax", "maxAge", "concurrency", "queueMax", "keepResult", "onSuccess", "onFailure"];

    private static readonly string[] Kinds = ["function", "topic", "url"];

    /// <summary>The settings. Where each one is goes to the marks, under what the rules call it.</summary>
    public AsyncSpec Read(YamlNode value)
    {
        var spec = new AsyncSpec();
        if (value is not YamlMappingNode mapping)
        {
            values.Problem(value.Start, $"'async' must be settings, like {Example}");
            return spec;
        }

        foreach (var (key, setting) in mapping.Children)
        {
            var field = (key as YamlScalarNode)?.Value ?? "";
            if (Array.IndexOf(Keys, field) < 0)
            {
                values.Problem(key.Start, SettingValues.Unknown(key, "setting of 'async'", Keys));
                continue;
            }

            marks["async." + field] = key.Start;
            spec = Apply(spec, field, setting);
        }

        return spec;
    }

    private AsyncSpec Apply(AsyncSpec spec, string field, YamlNode value)
    {
        switch (field)
        {
            case "maxAttempts": return values.Whole(field, value) is { } attempts ? spec with { MaxAttempts = attempts } : spec;
            case "backoffMin": return values.Duration(field, value, "a duration like 1s or 500ms") is { } min ? spec with { BackoffMin = min } : spec;
            case "backoffMax": return values.Duration(field, value, "a duration like 5m or 1h") is { } max ? spec with { BackoffMax = max } : spec;
            case "maxAge": return values.Duration(field, value, "a duration like 6h or 30m") is { } age ? spec with { MaxAge = age } : spec;
            case "concurrency": return spec with { Concurrency = values.Whole(field, value) };
            case "queueMax": return values.Whole(field, value) is { } waiting ? spec with { QueueMax = waiting } : spec;
            case "keepResult": return values.Duration(field, value, "a duration like 24h, or 0s for not at all") is { } keep ? spec with { KeepResult = keep } : spec;
            case "onSuccess": return spec with { OnSuccess = ReadDestination(field, value) };
            default: return spec with { OnFailure = ReadDestination(field, value) };
        }
    }

    private Destination? ReadDestination(string field, YamlNode value)
    {
        if (value is not YamlMappingNode mapping)
        {
            values.Problem(value.Start, $"'{field}' must be written like {{function: NAME}}, {{topic: NAME}} or {{url: https://...}}");
            return null;
        }

        var destination = new Destination();
        foreach (var (key, place) in mapping.Children)
        {
            switch ((key as YamlScalarNode)?.Value)
            {
                case "function": destination = destination with { Function = values.Scalar("function", place, "a function's name") }; break;
                case "topic": destination = destination with { Topic = values.Scalar("topic", place, "a topic's name") }; break;
                case "url": destination = destination with { Url = values.Scalar("url", place, "an address like https://example.com/done") }; break;
                default: values.Problem(key.Start, SettingValues.Unknown(key, "destination", Kinds)); break;
            }
        }

        return destination;
    }
}
