using Faas.Cli.CommandLine;
using Faas.Contracts.Functions;

namespace Faas.Cli.Packaging;

/// <summary>The handler of a function whose manifest names none: <c>handler.handler</c> or <c>index.handler</c>, whichever file exists.</summary>
internal static class DefaultHandler
{
    private static readonly string[] NodeExtensions = [".js", ".mjs", ".cjs"];

    public static FunctionSpec Apply(FunctionSpec spec, string? source)
    {
        if (spec.Handler is not null || source is null || spec.Runtime is not (Runtimes.Python or Runtimes.Node))
        {
            return spec;
        }

        var extensions = spec.Runtime == Runtimes.Python ? [".py"] : NodeExtensions;
        if (File.Exists(source))
        {
            return spec with { Handler = Path.GetFileNameWithoutExtension(source) + ".handler" };
        }

        string[] names = spec.Runtime == Runtimes.Python ? ["handler"] : ["index", "handler"];
        foreach (var name in names)
        {
            if (extensions.Any(extension => File.Exists(Path.Combine(source, name + extension))))
            {
                return spec with { Handler = name + ".handler" };
            }
        }

        var expected = string.Join(" or ", names.Select(name => name + extensions[0]));
        throw new CliException(ExitCode.Refused, $"Which file has the handler? There is no {expected} in {source}; add 'handler: file.function' to '{spec.Name}' in the manifest.");
    }
}
