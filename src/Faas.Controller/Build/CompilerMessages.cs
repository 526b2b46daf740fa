using System.Text.Json.Serialization;

namespace Faas.Controller.Build;

/// <summary>What the controller asks its compiler process: one JSON object a line, on its standard input.</summary>
/// <param name="Id">Names the answer.</param>
/// <param name="Sources">What to compile.</param>
internal sealed record CompilerRequest(long Id, IReadOnlyList<CompilerSource> Sources);

/// <summary>One file to compile.</summary>
internal sealed record CompilerSource(string Path, byte[] Content);

/// <summary>What it answers on its standard output, in any order: an assembly with its symbols, or an error with diagnostics.</summary>
internal sealed record CompilerAnswer(long Id)
{
    public byte[] Assembly { get; set; } = [];

    public byte[] Symbols { get; set; } = [];

    /// <summary>One of <see cref="BuildErrors"/>; null when it went well.</summary>
    public string? Error { get; set; }

    public string Message { get; set; } = "";

    public IReadOnlyList<string> Diagnostics { get; set; } = [];
}

/// <summary>The messages' JSON.</summary>
[JsonSerializable(typeof(CompilerRequest))]
[JsonSerializable(typeof(CompilerAnswer))]
internal sealed partial class CompilerJson : JsonSerializerContext;
