namespace Faas.Controller.Build;

/// <summary>One file to compile.</summary>
/// <param name="Path">Relative to the bundle; what diagnostics and stack traces show.</param>
/// <param name="Content">The file's bytes, UTF-8 with or without a byte order mark.</param>
public sealed record SourceFile(string Path, ReadOnlyMemory<byte> Content);

/// <summary>A compiled function.</summary>
/// <param name="Assembly">The bytes of <c>function.dll</c>.</param>
/// <param name="Symbols">The bytes of <c>function.pdb</c>, portable.</param>
public sealed record CompiledFunction(byte[] Assembly, byte[] Symbols);
