using Faas.Cli.CommandLine;
using Faas.Cli.Manifest;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Faas.Cli.Scaffolding;

/// <summary>Adds a function to a manifest's text, so that comments and layout stay as their author left them.</summary>
internal static class ManifestWriter
{
    /// <summary>The new text of the manifest; <paramref name="existing"/> is null when there is none yet.</summary>
    public static string Add(string? existing, string name, IReadOnlyList<string> settings, string file)
    {
        if (string.IsNullOrWhiteSpace(existing))
        {
            return "functions:\n" + Entry(name, settings, "  ");
        }

        var functions = FindFunctions(existing, file);
        if (functions is null)
        {
            return existing.TrimEnd() + "\nfunctions:\n" + Entry(name, settings, "  ");
        }

        if (functions.Children.Keys.OfType<YamlScalarNode>().Any(key => key.Value == name))
        {
            throw new CliException(ExitCode.Error, $"{file} has a function '{name}' already; choose another name.");
        }

        if (functions.Style == YamlDotNet.Core.Events.MappingStyle.Flow || functions.Children.Count == 0)
        {
            throw new CliException(ExitCode.Error, $"The functions of {file} are not written one a line; add '{name}:' with '{string.Join("', '", settings)}' yourself.");
        }

        // After the last line of the block, which may be followed by comments or other keys.
        var indent = new string(' ', (int)functions.Children.Keys.First().Start.Column - 1);
        var lines = existing.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').ToList();
        var at = LastLineOf(functions);
        lines.Insert((int)Math.Min(at, lines.Count), Entry(name, settings, indent).TrimEnd('\n'));
        return string.Join('\n', lines) + "\n";
    }

    private static string Entry(string name, IReadOnlyList<string> settings, string indent) =>
        $"{indent}{name}:\n" + string.Concat(settings.Select(setting => $"{indent}{indent}{setting}\n"));

    private static YamlMappingNode? FindFunctions(string text, string file)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count > 0 && stream.Documents[0].RootNode is YamlMappingNode root
                ? root.Children.Where(pair => pair.Key is YamlScalarNode { Value: "functions" }).Select(pair => pair.Value as YamlMappingNode).FirstOrDefault()
                : null;
        }
        catch (YamlException e)
        {
            throw new CliException(ExitCode.Refused, $"{file}:{e.Start.Line}:{e.Start.Column}: not valid YAML; repair it first.");
        }
    }

    /// <summary>The largest line number that any node of the tree ends on.</summary>
    private static long LastLineOf(YamlNode node) => node switch
    {
        YamlMappingNode { Children.Count: > 0, Style: not YamlDotNet.Core.Events.MappingStyle.Flow } mapping => mapping.Children.Max(pair => Math.Max(LastLineOf(pair.Key), LastLineOf(pair.Value))),
        YamlSequenceNode { Children.Count: > 0, Style: not YamlDotNet.Core.Events.SequenceStyle.Flow } sequence => sequence.Children.Max(LastLineOf),
        _ => node.End.Column == 1 && node.End.Line > node.Start.Line ? node.End.Line - 1 : node.End.Line,
    };
}
