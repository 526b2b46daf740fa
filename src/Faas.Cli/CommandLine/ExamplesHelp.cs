using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Faas.Cli.CommandLine;

/// <summary>The library's help, followed by the verb's examples, or by the exit codes for `faas` itself.</summary>
internal sealed class ExamplesHelp(HelpAction inner) : SynchronousCommandLineAction
{
    private static readonly string[] ExitCodes =
    [
        "  0    it worked",
        "  1    the platform or the request failed",
        "  2    wrong usage",
        "  3    not found",
        "  4    deployment refused by validation, by the compiler, or because it did not start",
        "  5    the invoked function failed",
        "  6    the platform cannot be reached",
        "  130  interrupted",
    ];

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        inner.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is Verb { Examples.Count: > 0 } verb)
        {
            Write(output, "Examples:", verb.Examples.Select(example => "  " + example));
        }
        else if (parseResult.CommandResult.Command is RootCommand)
        {
            Write(output, "Exit codes:", ExitCodes);
            Write(output, "Start here:", ["  faas up                          start the platform", "  faas init hello --runtime python", "  faas deploy", "  faas invoke hello"]);
        }

        return (int)ExitCode.Ok;
    }

    private static void Write(TextWriter output, string title, IEnumerable<string> lines)
    {
        output.WriteLine(title);
        foreach (var line in lines)
        {
            output.WriteLine(line);
        }

        output.WriteLine();
    }
}
