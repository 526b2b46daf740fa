using System.CommandLine;

namespace Faas.Cli.CommandLine;

/// <summary>A subcommand whose help ends with examples.</summary>
internal sealed class Verb : Command
{
    public Verb(string name, string description, params IReadOnlyList<string> examples)
        : base(name, description) => Examples = examples;

    public IReadOnlyList<string> Examples { get; }

    /// <summary>Sets what the verb does. The token is cancelled by the first Ctrl-C or SIGTERM.</summary>
    public void Does(Func<VerbContext, CancellationToken, Task<ExitCode>> action) =>
        SetAction(async (parsed, cancellationToken) => (int)await action(new VerbContext(parsed), cancellationToken));
}
