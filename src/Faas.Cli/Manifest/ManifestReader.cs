using Faas.Contracts.Functions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Faas.Cli.Manifest;

/// <summary>Reads the text of a manifest. Finds every problem that it can in one go, each with its line and column.</summary>
internal static class ManifestReader
{
    /// <summary>Deeper nesting has no meaning in a manifest, and the YAML library builds its tree recursively.</summary>
    private const int DepthMax = 16;

    private static readonly string[] Keys = ["functions", "version"];

    /// <param name="file">The manifest's path as problems show it.</param>
    /// <param name="folder">What sources are relative to.</param>
    /// <param name="text">The manifest.</param>
    public static (IReadOnlyList<ManifestFunction> Functions, IReadOnlyList<ManifestProblem> Problems) Read(string file, string folder, string text)
    {
        var problems = new List<ManifestProblem>();
        var functions = new List<ManifestFunction>();
        if (Parse(file, text, problems) is { } root)
        {
            ReadRoot(file, folder, root, functions, problems);
        }

        problems.Sort((a, b) => (a.Line, a.Column).CompareTo((b.Line, b.Column)));
        return (functions, problems);
    }

    private static void ReadRoot(string file, string folder, YamlNode root, List<ManifestFunction> functions, List<ManifestProblem> problems)
    {
        if (root is not YamlMappingNode mapping)
        {
            problems.Add(new ManifestProblem(file, root.Start, "a manifest begins with 'functions:' and the functions below it"));
            return;
        }

        YamlNode? declared = null;
        foreach (var (key, value) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: "functions" })
            {
                declared = value;
            }
            else if (key is not YamlScalarNode { Value: "version" })
            {
                problems.Add(new ManifestProblem(file, key.Start, SettingValues.Unknown(key, "key", Keys)));
            }
        }

        if (declared is null && problems.Count > 0)
        {
            return;   // most likely it is what the unknown key was meant to be
        }

        if (declared is not YamlMappingNode entries)
        {
            problems.Add(new ManifestProblem(file, (declared ?? root).Start, "'functions:' must hold one entry for each function, like '  hello:' and its settings below it"));
            return;
        }

        foreach (var (name, settings) in entries.Children)
        {
            var reader = new FunctionReader(file, folder, problems);
            if (reader.Read(name, settings) is { } function)
            {
                functions.Add(function);
            }
        }
    }

    /// <summary>The document's root; null when it is empty or is no YAML, which is then among the problems.</summary>
    private static YamlNode? Parse(string file, string text, List<ManifestProblem> problems)
    {
        try
        {
            if (DepthProblem(file, text) is { } problem)
            {
                problems.Add(problem);
                return null;
            }

            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count == 1)
            {
                return stream.Documents[0].RootNode;
            }

            problems.Add(new ManifestProblem(file, 1, 1, stream.Documents.Count == 0
                ? "the manifest is empty; it begins with 'functions:'"
                : "the manifest has several documents; leave only one (no '---' in between)"));
        }
        catch (YamlException e)
        {
            problems.Add(new ManifestProblem(file, e.Start, Sentence(e)));
        }

        return null;
    }

    private static ManifestProblem? DepthProblem(string file, string text)
    {
        var parser = new Parser(new StringReader(text));
        var depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current?.NestingIncrease ?? 0;
            if (depth > DepthMax && parser.Current is MappingStart or SequenceStart)
            {
                return new ManifestProblem(file, parser.Current!.Start, "nested too deeply for a manifest");
            }
        }

        return null;
    }

    private static string Sentence(YamlException e)
    {
        // The library repeats the position in front of its message; the file's own prefix says it already.
        var message = e.InnerException?.Message ?? e.Message;
        var end = message.StartsWith("(Line:", StringComparison.Ordinal) ? message.IndexOf("): ", StringComparison.Ordinal) : -1;
        message = Output.Text.FirstLine(end < 0 ? message : message[(end + 3)..]);
        return "not valid YAML: " + message;
    }
}
