using Spectre.Console;

namespace Faas.Cli.Output;

/// <summary>stdout for results and stderr for everything else. Colours and boxes only where the stream is a terminal and NO_COLOR is unset.</summary>
internal sealed class Terminal
{
    private Terminal()
    {
        Out = Create(Console.Out, Console.IsOutputRedirected);
        Err = Create(Console.Error, Console.IsErrorRedirected);
    }

    public static Terminal Current { get; } = new();

    public IAnsiConsole Out { get; }

    public IAnsiConsole Err { get; }

    /// <summary>Whether somebody can be asked a question.</summary>
    public static bool IsInteractive => !Console.IsInputRedirected && !Console.IsErrorRedirected && !Console.IsOutputRedirected;

    /// <summary>A line on stdout without markup.</summary>
    public static void Line(string text = "") => Console.Out.WriteLine(text);

    /// <summary>A line on stderr: progress, notes.</summary>
    public static void Note(string text) => Console.Error.WriteLine(text);

    /// <summary><c>error: text</c> or <c>warning: text</c> on stderr, its label in colour on a terminal.</summary>
    public void Error(string label, string text)
    {
        var colour = label == "error" ? "red" : "yellow";
        if (Console.IsErrorRedirected)
        {
            Console.Error.WriteLine($"{label}: {text}");
        }
        else
        {
            Err.MarkupLine($"[bold {colour}]{label}:[/] {Markup.Escape(text)}");
        }
    }

    /// <summary>Asks on the terminal; the answer is <paramref name="standard"/> when only return is pressed.</summary>
    public static bool Confirm(string question, bool standard)
    {
        Console.Error.Write($"{question} [{(standard ? "Y/n" : "y/N")}] ");
        var answer = Console.In.ReadLine()?.Trim();
        return string.IsNullOrEmpty(answer) ? standard && answer is not null : answer[0] is 'y' or 'Y';
    }

    private static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
        var plain = isRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        return AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = isRedirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
    }
}
