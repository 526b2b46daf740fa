using System.CommandLine;
using System.Globalization;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Verbs;

/// <summary><c>faas logs</c>: what a function wrote.</summary>
internal static class LogsVerb
{
    private const int TailMax = 100_000;

    private static readonly Argument<string> Name = FunctionArgument.Required();

    private static readonly Option<bool> Follow = new("--follow", "-f") { Description = "Go on with new lines until Ctrl-C" };

    private static readonly Option<int?> Tail =
        new Option<int?>("--tail") { HelpName = "N", Description = "Begin with the newest N lines (default: 100, or all that the other options ask for)" }.Between(0, TailMax);

    private static readonly Option<string?> Invocation = new("--invocation") { HelpName = "ID", Description = "Only lines of this invocation (its X-Call-Id)" };

    private static readonly Option<string?> Since = new("--since") { HelpName = "TIME", Description = "Only lines of the last 10m, 2h or 7d, or since 18:30 or 2030-01-31T18:30" };

    private static readonly Option<string?> Until = new("--until") { HelpName = "TIME", Description = "Only lines from before then, written like --since" };

    private static readonly Option<string?> Grep = new("--grep", "-g") { HelpName = "REGEX", Description = "Only lines with this text or regular expression; (?i) before it ignores case" };

    private static readonly Option<string?> Level = CreateLevel();

    public static Command Create()
    {
        var verb = new Verb(
            "logs", "Show what a function wrote to stdout and stderr",
            "faas logs hello", "faas logs hello -f --tail 0", "faas logs hello --invocation 01JD2Z6Q9V", "faas logs hello --since 10m --level warn",
            "faas logs hello --since 18:30 --until 18:45 --grep 'order \\d+ failed'", "faas logs hello --since 1d --output json | jq -r 'select(.fields.ms > 100) | .message'")
        {
            Name, Since, Until, Grep, Level, Invocation, Tail, Follow,
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var query = new LogQuery
        {
            Tail = context.Value(Tail),
            InvocationId = context.Value(Invocation),
            Since = TimeOf(context, Since),
            Until = TimeOf(context, Until),
            Grep = context.Value(Grep),
            Level = context.Value(Level) is { } level ? Enum.Parse<LineLevel>(level, ignoreCase: true) : null,
            Follow = context.Value(Follow),
        };
        using var client = context.Connect();
        await foreach (var line in client.ReadLogsAsync(VerbContext.FunctionNameOf(context.Value(Name)!), query, cancellationToken))
        {
            if (context.WantsJson)
            {
                Json.PrintLine(line);
            }
            else
            {
                Terminal.Line(LogText.Format(line));
            }
        }

        return ExitCode.Ok;
    }

    /// <summary>As the API takes it: a duration counts back from the platform's clock, a time from this machine's zone.</summary>
    private static string? TimeOf(VerbContext context, Option<string?> option)
    {
        if (context.Value(option)?.Trim() is not { } text || DelayText.TryParse(text, out _))
        {
            return context.Value(option)?.Trim();
        }

        return TimeText.Last(text, context.Time.GetUtcNow(), TimeZoneInfo.Local) is { } time
            ? time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)
            : throw new CliException(ExitCode.Usage, $"'{Text.Shorten(text)}' is no time for {option.Name}; write it like 10m, 2h, 7d, 18:30, 2030-01-31T18:30 or 2030-01-31T18:30:00Z.");
    }

    private static Option<string?> CreateLevel()
    {
        string[] names = [.. Enum.GetNames<LineLevel>().Select(name => name.ToLowerInvariant())];
        var option = new Option<string?>("--level") { HelpName = string.Join('|', names), Description = "Only lines of this level and above; one that says none counts as info, on stderr as error" };
        option.AcceptOnlyFromAmong(names);
        return option;
    }
}
