using System.Globalization;
using Faas.Contracts.Functions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Faas.Cli.Manifest;

/// <summary>Reads one function's entry. A setting that cannot be read keeps its default, so that the others are still checked.</summary>
internal sealed class FunctionReader(string file, string folder, List<ManifestProblem> problems)
{
    /// <summary>Slots of an `http` function unless it says otherwise: such programs are written to serve many requests at once.</summary>
    private const int HttpConcurrency = 32;

    private static readonly string[] Keys =
    [
        "runtime", "handler", "source", "memory", "cpu", "timeout", "concurrency", "minInstances", "maxInstances", "keepAlive", "env", "network", "command", "image",
    ];

    /// <summary>Stands for the digest that packing will find out, so that the rules see a function that has code.</summary>
    private static readonly string DigestToCome = new('0', 64);

    private readonly Dictionary<string, Mark> _marks = [];
    private string? _source;
    private bool _hasConcurrency;

    public ManifestFunction? Read(YamlNode nameNode, YamlNode settings)
    {
        var before = problems.Count;
        var name = (nameNode as YamlScalarNode)?.Value ?? "";
        _marks["name"] = nameNode.Start;
        if (settings is not YamlMappingNode mapping)
        {
            Problem(nameNode.Start, $"'{Output.Text.Shorten(name)}' needs settings below it, at least 'runtime: python' (or dotnet, node, http)");
            return null;
        }

        var spec = new FunctionSpec { Name = name, Runtime = "" };
        foreach (var (key, value) in mapping.Children)
        {
            var field = (key as YamlScalarNode)?.Value ?? "";
            if (Array.IndexOf(Keys, field) < 0)
            {
                Problem(key.Start, Unknown(key, "setting", Keys));
                continue;
            }

            _marks[field] = key.Start;
            spec = Apply(spec, field, value);
        }

        if (!_hasConcurrency && spec.Runtime == Runtimes.Http)
        {
            spec = spec with { Concurrency = HttpConcurrency };
        }

        var isReadable = problems.Count == before;
        var source = FindSource(spec);
        if (isReadable)
        {
            CheckRules(spec, source);
        }

        return problems.Count == before ? new ManifestFunction(spec, source) : null;
    }

    /// <summary>"unknown setting 'memroy'; did you mean 'memory'?"</summary>
    public static string Unknown(YamlNode key, string kind, IReadOnlyList<string> known)
    {
        var written = (key as YamlScalarNode)?.Value ?? "";
        return $"unknown {kind} '{Output.Text.Shorten(written)}'; " + (Suggestion.For(written, known) is { } suggestion
            ? $"did you mean '{suggestion}'?"
            : "known are " + string.Join(", ", known));
    }

    private FunctionSpec Apply(FunctionSpec spec, string field, YamlNode value)
    {
        switch (field)
        {
            case "runtime": return Scalar(field, value, "a name like python") is { } runtime ? spec with { Runtime = runtime } : spec;
            case "handler": return spec with { Handler = Scalar(field, value, "a name like handler.handler") };
            case "image": return spec with { Image = Scalar(field, value, "a name like nginx:1.27") };
            case "source": _source = Scalar(field, value, "a folder or file like ./hello"); return spec;
            case "memory": return Parse(field, value, "a size like 256MiB or 1GiB", Size) is { } memory ? spec with { MemoryMiB = memory } : spec;
            case "cpu": return Parse(field, value, "a number of cores like 0.5", Number) is { } cpu ? spec with { Cpu = cpu } : spec;
            case "timeout": return Parse(field, value, "a duration like 30s, 500ms or 2m", Duration) is { } timeout ? spec with { Timeout = timeout } : spec;
            case "keepAlive": return Parse(field, value, "a duration like 5m or 30s", Duration) is { } keepAlive ? spec with { KeepAlive = keepAlive } : spec;
            case "minInstances": return Parse(field, value, "a whole number", Whole) is { } min ? spec with { MinInstances = min } : spec;
            case "maxInstances": return Parse(field, value, "a whole number", Whole) is { } max ? spec with { MaxInstances = max } : spec;
            case "concurrency":
                _hasConcurrency = true;
                return Parse(field, value, "a whole number", Whole) is { } slots ? spec with { Concurrency = slots } : spec;
            case "network": return Parse(field, value, "'egress' or 'none'", Network) is { } network ? spec with { Network = network } : spec;
            case "env": return spec with { Env = ReadEnv(value) };
            default: return spec with { Command = ReadCommand(value) };
        }
    }

    private Dictionary<string, string> ReadEnv(YamlNode value)
    {
        var env = new Dictionary<string, string>(StringComparer.Ordinal);
        if (value is not YamlMappingNode mapping)
        {
            Problem(value.Start, "'env' must be names and values, like 'env: {LEVEL: debug}'");
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
                Problem(entry.Start, "an environment variable is one name and one value; put lists and maps into quotes");
            }
        }

        return env;
    }

    private IReadOnlyList<string> ReadCommand(YamlNode value)
    {
        if (value is YamlScalarNode { Value: { Length: > 0 } line })
        {
            if (ShellWords.Split(line) is { } words)
            {
                return words;
            }

            Problem(value.Start, "'command' has a quote that is not closed");
        }
        else if (value is YamlSequenceNode sequence && sequence.Children.All(word => word is YamlScalarNode))
        {
            return [.. sequence.Children.Select(word => ((YamlScalarNode)word).Value ?? "")];
        }
        else
        {
            Problem(value.Start, "'command' must be a list of words, like [python3, app.py], or one line");
        }

        return [];
    }

    /// <summary>The source's absolute path. Missing code is reported where the source is named, or at the function's name when it is not.</summary>
    private string? FindSource(FunctionSpec spec)
    {
        if (_source is null && spec.Image is not null)
        {
            return null;
        }

        var written = _source ?? "./" + spec.Name;
        if (_source is null && !FunctionName.IsValid(spec.Name))
        {
            return null;   // the rules report the name; looking for such a folder would only add noise
        }

        var path = Path.GetFullPath(Path.Combine(folder, written));
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            Problem(_marks.GetValueOrDefault("source", _marks["name"]), _source is null
                ? $"there is no folder '{written}' for '{spec.Name}'; create it, or say where its code is with 'source:'"
                : $"source '{Output.Text.Shorten(written)}' does not exist (looked for {path})");
        }

        return path;
    }

    private void CheckRules(FunctionSpec spec, string? source)
    {
        foreach (var broken in FunctionSpecRules.Check(spec with { CodeDigest = spec.Image is not null && source is null ? null : DigestToCome }))
        {
            var message = broken.Field == "runtime" && spec.Runtime.Length == 0
                ? $"'{spec.Name}' has no runtime; add 'runtime:' with one of {string.Join(", ", Runtimes.All)}"
                : $"{broken.Field}: {broken.Message}";
            if (broken.Field == "runtime" && Suggestion.For(spec.Runtime, Runtimes.All) is { } suggestion)
            {
                message += $"; did you mean '{suggestion}'?";
            }

            Problem(_marks.GetValueOrDefault(broken.Field, _marks["name"]), message);
        }
    }

    private string? Scalar(string field, YamlNode value, string expected)
    {
        if (value is YamlScalarNode { Value: { Length: > 0 } text })
        {
            return text;
        }

        Problem(value.Start, $"'{field}' must be {expected}");
        return null;
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

    private void Problem(Mark mark, string message) => problems.Add(new ManifestProblem(file, mark, message));

    private static int? Size(string text) => Quantities.TryParseMiB(text, out var mib) ? mib : null;

    private static TimeSpan? Duration(string text) => Quantities.TryParseDuration(text, out var duration) ? duration : null;

    private static double? Number(string text) => Quantities.TryParseNumber(text, out var number) ? number : null;

    private static int? Whole(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static NetworkKind? Network(string text) => text switch
    {
        "egress" => NetworkKind.Egress,
        "none" => NetworkKind.None,
        _ => null,
    };
}
