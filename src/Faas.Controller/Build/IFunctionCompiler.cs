namespace Faas.Controller.Build;

/// <summary>Compiles single-file C#.</summary>
public interface IFunctionCompiler
{
    /// <summary>Changes with the compiler, its options, the framework and the SDK; equal sources and identity give equal bytes.</summary>
    string Identity { get; }

    /// <summary>Compiles <paramref name="sources"/> to a library.</summary>
    /// <exception cref="BuildException">They do not compile, or declare nothing that can be a handler.</exception>
    Task<CompiledFunction> CompileAsync(IReadOnlyList<SourceFile> sources, CancellationToken ct);
}
