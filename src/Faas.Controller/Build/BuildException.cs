namespace Faas.Controller.Build;

/// <summary>A bundle cannot become a function's code folder. The user's to fix; the message says how.</summary>
/// <param name="kind">One of <see cref="BuildErrors"/>.</param>
/// <param name="message">What is wrong, with the name of the entry or file.</param>
/// <param name="diagnostics">Compiler diagnostics as <c>file(line,column): error CODE: text</c>; empty unless compiling failed.</param>
public sealed class BuildException(string kind, string message, IReadOnlyList<string> diagnostics) : Exception(message)
{
    /// <summary>An error without diagnostics.</summary>
    public BuildException(string kind, string message)
        : this(kind, message, [])
    {
    }

    /// <summary>One of <see cref="BuildErrors"/>; the <c>error</c> of the problem that the caller gets.</summary>
    public string Kind { get; } = kind;

    /// <summary>Compiler diagnostics, at most 50.</summary>
    public IReadOnlyList<string> Diagnostics { get; } = diagnostics;
}
