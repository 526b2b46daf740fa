using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Verbs;

/// <summary><c>faas logs</c>: what a function wrote.</summary>
internal static class LogsVerb
{
    private const int TailMax = 1_000_000;

    private static readonly Argument<string> Name = FunctionArgument.Required();

    private static readonly Option<bool> Follow = new("--follow", "-f") { Description = "Go on with new lines until Ctrl-C" };

    private static readonly Option<int> Tail =
        new Option<int>("--tail") { HelpName = "N", Description = "Begin with the newest N lines", DefaultValueFactory = _ => 100 }.Between(0, TailMax);

    private static readonly Option<string?> Invocation = new("--invocation") { HelpName = "ID", Description = "Only lines of this invocation (its X-Call-Id)" };

    public static Command Create()
    {
        var verb = new Verb(
            "logs", "Show what a function wrote to stdout and stderr",
            "faas logs hello", "faas logs hello -f --tail 0", "faas logs hello --invocation 01JD2Z6Q9V")
        {
            Name, Follow, Tail, Invocation,
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var query = new LogQuery { Tail = context.Value(Tail), InvocationId = context.Value(Invocation), Follow = context.Value(Follow) };
        await foreach (var line in client.ReadLogsAsync(VerbContext.FunctionNameOf(context.Value(Name)!), query, cancellationToken))
        {
            if (context.WantsJson)
            {
                Json.PrintLine(line, FaasJson.Default.LogLine);
            }
            else
            {
                Terminal.Line(LogText.Format(line));
            }
        }

        return ExitCode.Ok;
    }
}
