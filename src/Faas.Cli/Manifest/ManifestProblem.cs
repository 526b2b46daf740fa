using Faas.Cli.CommandLine;
using YamlDotNet.Core;

namespace Faas.Cli.Manifest;

/// <summary>One thing that is wrong in a manifest, and where. Prints as compilers do, so that editors can jump to it.</summary>
internal sealed record ManifestProblem(string File, long Line, long Column, string Message)
{
    public ManifestProblem(string file, Mark mark, string message)
        : this(file, mark.Line, mark.Column, message)
    {
    }

    public override string ToString() => $"{File}:{Line}:{Column}: {Message}";

    /// <summary>One problem is the error itself; several are listed below a line that counts them.</summary>
    public static CliException ToException(string file, IReadOnlyList<ManifestProblem> problems) => problems.Count == 1
        ? new CliException(ExitCode.Refused, problems[0].ToString())
        : new CliException(ExitCode.Refused, $"{file} has {problems.Count} problems:", [.. problems.Select(problem => problem.ToString())]);
}
