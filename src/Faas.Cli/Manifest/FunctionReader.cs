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
        "runtime", "handler", "source", "memory", "cpu", "timeout", "concurrency", "minInstances", "minActive", "maxInstances", "keepAlive", "warm", "freeze",
        "env", "network", "command", "image", "async", "triggers", "example",
    ];

    /// <summary>What `keepAlive` says to have it learned, which is the default too.</summary>
    private const string Learned = "learned";

    /// <summary>Stands for the digest that packing will find out, so that the rules see a function that has code.</summary>
    private static readonly string DigestToCome = new('0', 64);

    private readonly SettingValues _values = new(file, problems);
    private readonly Dictionary<string, Mark> _marks = [];
    private string? _source;
    private string? _example;
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
                Problem(key.Start, SettingValues.Unknown(key, "setting", Keys));
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

        if (problems.Count > before)
        {
            return null;
        }

        var function = new ManifestFunction(spec, source);
        return _example is null ? function : function with { Example = _example };
    }

    private FunctionSpec Apply(FunctionSpec spec, string field, YamlNode value)
    {
        switch (field)
        {
            case "runtime": return _values.Scalar(field, value, "a name like python") is { } runtime ? spec with { Runtime = runtime } : spec;
            case "handler": return spec with { Handler = _values.Scalar(field, value, "a name like handler.handler") };
            case "image": return spec with { Image = _values.Scalar(field, value, "a name like nginx:1.27") };
            case "example": _example = _values.Scalar(field, value, "a command like curl {url} -d hello"); return spec;
            case "source": _source = _values.Scalar(field, value, "a folder or file like ./hello"); return spec;
            case "memory": return _values.Size(field, value) is { } memory ? spec with { MemoryMiB = memory } : spec;
            case "cpu": return _values.Number(field, value, "a number of cores like 0.5") is { } cpu ? spec with { Cpu = cpu } : spec;
            case "timeout": return _values.Duration(field, value, "a duration like 30s, 500ms or 2m") is { } timeout ? spec with { Timeout = timeout } : spec;
            case "concurrency":
                _hasConcurrency = true;
                return _values.Whole(field, value) is { } slots ? spec with { Concurrency = slots } : spec;
            case "network": return _values.Network(field, value) is { } network ? spec with { Network = network } : spec;
            case "env": return spec with { Env = CommandReader.ReadEnv(value, _values) };
            case "command": return spec with { Command = CommandReader.ReadCommand(value, _values) };
            case "async": return spec with { Async = new AsyncReader(_values, _marks).Read(value) };
            case "triggers": return spec with { Triggers = new TriggerReader(_values, _marks).Read(value) is { Count: > 0 } triggers ? triggers : null };
            default: return ApplyScaling(spec, field, value);
        }
    }

    private FunctionSpec ApplyScaling(FunctionSpec spec, string field, YamlNode value)
    {
        switch (field)
        {
            case "minInstances": return _values.Whole(field, value) is { } min ? spec with { MinInstances = min } : spec;
            case "minActive": return _values.Whole(field, value) is { } active ? spec with { MinActive = active } : spec;
            case "maxInstances": return _values.Whole(field, value) is { } max ? spec with { MaxInstances = max } : spec;
            case "freeze": return _values.Switch(field, value) is { } freeze ? spec with { Freeze = freeze } : spec;
            case "keepAlive":
                var isLearned = value is YamlScalarNode { Value: Learned };
                return spec with { KeepAlive = isLearned ? null : _values.Duration(field, value, $"a duration like 5m or 30s, or '{Learned}'") };
            default: return spec with { Warm = ReadWarm(value) };
        }
    }

    private IReadOnlyList<WarmWindow> ReadWarm(YamlNode value)
    {
        var windows = WarmWindowReader.Read(value, _values);
        foreach (var (index, (_, node)) in windows.Index())
        {
            _marks[$"warm[{index}]"] = node.Start;   // what the rules call it
        }

        return [.. windows.Select(warm => warm.Window)];
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
                : $"{broken.Field.Split('[')[0]}: {broken.Message}";   // which one of a list its position tells
            if (broken.Field == "runtime" && Suggestion.For(spec.Runtime, Runtimes.All) is { } suggestion)
            {
                message += $"; did you mean '{suggestion}'?";
            }

            Problem(_marks.GetValueOrDefault(broken.Field, _marks["name"]), message);
        }
    }

    private void Problem(Mark mark, string message) => _values.Problem(mark, message);
}
