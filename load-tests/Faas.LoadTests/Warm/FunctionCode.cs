using Faas.Contracts.Functions;

namespace Faas.LoadTests.Warm;

/// <summary>A function of load-tests/functions.</summary>
/// <param name="Name">What it is deployed as; the direct workers serve the same path.</param>
/// <param name="Runtime">Its language.</param>
/// <param name="File">Its file.</param>
internal sealed record FunctionCode(string Name, string Runtime, string File)
{
    public static readonly FunctionCode Hello = new("hello", Runtimes.DotNet, "Hello.cs");
    public static readonly FunctionCode Json = new("json", Runtimes.DotNet, "Json.cs");
    public static readonly FunctionCode Echo = new("echo", Runtimes.DotNet, "Echo.cs");
    public static readonly FunctionCode Stream = new("stream", Runtimes.DotNet, "Stream.cs");
    public static readonly FunctionCode NodeHello = new("hello", Runtimes.Node, "hello.js");
    public static readonly FunctionCode PythonHello = new("hello", Runtimes.Python, "hello.py");


    /// <summary>The direct server of that language, as a program behind HTTP.</summary>
    public static readonly FunctionCode HttpHello = new("hello", Runtimes.Http, "../servers/hello.py") { Command = ["sh", "-c", "exec python3 hello.py $PORT"] };

    /// <summary>What starts it, of a program.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    public string? Handler => Command.Count > 0 || Runtime == Runtimes.DotNet ? null : $"{Path.GetFileNameWithoutExtension(File)}.handler";
}
