namespace Faas.Contracts.Functions;

/// <summary>The runtimes that a function can name.</summary>
public static class Runtimes
{
    /// <summary>C# handlers.</summary>
    public const string DotNet = "dotnet";

    /// <summary>JavaScript handlers on Node.js.</summary>
    public const string Node = "node";

    /// <summary>Python handlers.</summary>
    public const string Python = "python";

    /// <summary>A command or image that serves HTTP on <c>$PORT</c>.</summary>
    public const string Http = "http";

    /// <summary>All of them, in the order in which they are shown.</summary>
    public static IReadOnlyList<string> All { get; } = [DotNet, Node, Python, Http];
}
