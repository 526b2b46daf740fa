using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;

namespace Faas.Cli.Verbs;

/// <summary>The ID of verbs about one invocation, or several.</summary>
internal static class InvocationArgument
{
    /// <summary>Longest id that the platform takes from a caller.</summary>
    private const int LengthMax = 128;

    public static Argument<string> Required() => new("ID") { Description = "The invocation, as `faas invoke --async` printed it" };

    public static Argument<string[]> Several(ArgumentArity arity) => new("ID") { Description = "The invocations", Arity = arity };

    /// <summary>Refuses what cannot be an id before it is put into an address; an empty one above all, which a script's unset variable is.</summary>
    public static string IdOf(string id) =>
        id.Length is > 0 and <= LengthMax && id is not ("." or "..") && !id.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? id
            : throw new CliException(ExitCode.Usage, $"'{Text.Shorten(Text.WithoutControls(id))}' is no invocation's id: 1 to {LengthMax} visible ASCII characters.");
}
