using System.CommandLine;
using System.Net;
using System.Text.Json;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.CommandLine;

/// <summary>Turns whatever ended a verb into an exit code and one clear line on stderr. Never a stack trace.</summary>
internal static class Errors
{
    public static ExitCode Report(Exception error, ParseResult parsed)
    {
        var (exitCode, problem) = Classify(error, parsed);
        if (GlobalOptions.WantsJson(parsed))
        {
            Console.Error.WriteLine(JsonSerializer.Serialize(problem, FaasJson.Default.ApiProblem));
        }
        else if (exitCode != ExitCode.Interrupted)
        {
            Print(problem);
        }

        // For whoever works on the CLI itself; a user never needs it.
        if (Environment.GetEnvironmentVariable("FAAS_DEBUG") == "1")
        {
            Console.Error.WriteLine(error);
        }

        return exitCode;
    }

    /// <summary>The problem as a line, its diagnostics and log lines indented below it.</summary>
    public static void Print(ApiProblem problem)
    {
        Terminal.Current.Error("error", problem.Detail.Length > 0 ? problem.Detail : problem.Title);
        PrintDetails(problem);
    }

    public static void PrintDetails(ApiProblem problem)
    {
        foreach (var line in problem.Diagnostics)
        {
            Console.Error.WriteLine("  " + line);
        }

        foreach (var line in problem.Logs)
        {
            Console.Error.WriteLine("  | " + line);
        }
    }

    private static (ExitCode Code, ApiProblem Problem) Classify(Exception error, ParseResult parsed) => error switch
    {
        CliException e => (e.ExitCode, e.ToProblem()),
        FaasApiException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } e => (ExitCode.Error, e.Problem with { Detail = KeyAdvice(parsed) }),
        FaasApiException e => (ExitCodeOf(e), e.Problem),
        FaasUnreachableException e => (ExitCode.Unreachable, Local(ExitCode.Unreachable,
            $"No platform answers at {e.Address.GetLeftPart(UriPartial.Authority)} ({Text.FirstLine(e.InnerException?.Message)}). Start one with `faas up`, or name it with --admin URL.")),
        OperationCanceledException => (ExitCode.Interrupted, Local(ExitCode.Interrupted, "Interrupted.")),
        IOException or UnauthorizedAccessException => (ExitCode.Error, Local(ExitCode.Error, Text.FirstLine(error.Message))),
        _ => (ExitCode.Error, Local(ExitCode.Error,
            $"Something went wrong inside faas: {error.GetType().Name}: {Text.FirstLine(error.Message)} (FAAS_DEBUG=1 shows where)")),
    };

    public static ExitCode ExitCodeOf(FaasApiException error) => error.StatusCode switch
    {
        HttpStatusCode.BadRequest when error.Problem.Error == "InvalidQuery" => ExitCode.Usage,   // an option's value that only the platform can judge
        HttpStatusCode.NotFound => ExitCode.NotFound,
        HttpStatusCode.UnprocessableEntity or HttpStatusCode.RequestEntityTooLarge => ExitCode.Refused,
        _ => ExitCode.Error,
    };

    private static string KeyAdvice(ParseResult parsed)
    {
        var file = PlatformAddress.DataFolderOf(parsed).AdminKeyFile;
        var used = parsed.GetValue(GlobalOptions.Key) is { Length: > 0 } ? "the one given with --key"
            : Environment.GetEnvironmentVariable("FAAS_KEY") is { Length: > 0 } ? "the one in FAAS_KEY"
            : File.Exists(file) ? $"the one in {file}"
            : $"none, because {file} does not exist or cannot be read";
        return $"The platform refused the key: {used}. It is looked for in --key, then FAAS_KEY, then admin.key in the data folder (--data, FAAS_DATA, ~/.faas).";
    }

    private static ApiProblem Local(ExitCode code, string detail) =>
        new() { Type = Problems.TypeOf(code.ToString()), Title = code.ToString(), Error = code.ToString(), Detail = detail };
}
