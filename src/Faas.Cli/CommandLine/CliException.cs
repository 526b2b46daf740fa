using Faas.Contracts.Api;

namespace Faas.Cli.CommandLine;

/// <summary>Ends a verb with an exit code and one sentence that says what to do; details are shown indented below it.</summary>
internal sealed class CliException : Exception
{
    public CliException(ExitCode exitCode, string message, params IReadOnlyList<string> details)
        : base(message)
    {
        ExitCode = exitCode;
        Details = details;
    }

    public ExitCode ExitCode { get; }

    public IReadOnlyList<string> Details { get; }

    /// <summary>What <c>--output json</c> prints in place of the sentence.</summary>
    public ApiProblem ToProblem() => new()
    {
        Type = Problems.TypeOf(ExitCode.ToString()),
        Title = ExitCode.ToString(),
        Error = ExitCode.ToString(),
        Detail = Message,
        Diagnostics = Details,
    };
}
