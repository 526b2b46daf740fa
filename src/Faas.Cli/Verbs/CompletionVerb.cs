using System.CommandLine;
using System.Reflection;
using Faas.Cli.CommandLine;

namespace Faas.Cli.Verbs;

/// <summary><c>faas completion</c>: a script for the shell. It asks `faas` itself, so it never gets out of date and knows the functions.</summary>
internal static class CompletionVerb
{
    private static readonly Argument<string> Shell = CreateShell();

    public static Command Create()
    {
        var verb = new Verb(
            "completion", "Print a completion script for a shell",
            "source <(faas completion bash)              in ~/.bashrc",
            "source <(faas completion zsh)               in ~/.zshrc, after compinit",
            "faas completion fish > ~/.config/fish/completions/faas.fish")
        {
            Shell,
        };
        verb.Does((context, _) =>
        {
            Console.Out.Write(Script(context.Value(Shell)!));
            return Task.FromResult(ExitCode.Ok);
        });
        return verb;
    }

    private static string Script(string shell)
    {
        using var script = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("completion/faas." + shell)!);
        return script.ReadToEnd();
    }

    private static Argument<string> CreateShell()
    {
        var argument = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        argument.AcceptOnlyFromAmong("bash", "zsh", "fish");
        return argument;
    }
}
