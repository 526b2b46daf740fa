using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Faas.Controller.Build;

/// <summary>
/// Compiles single-file C#: 5-15 ms when warm, 0.5-1 s the first time. The same sources give the same bytes. What may be referenced is no sandbox;
/// instances are. Holds 100 MB once used, so the controller has one in a process of its own: <see cref="CompilerProcess"/>.
/// </summary>
public sealed class CSharpCompiler : IFunctionCompiler, IDisposable
{
    /// <summary>Name of the assembly; the file is <c>function.dll</c>.</summary>
    public const string AssemblyName = "function";

    /// <summary>Two: a slow source does not hold up the next deployment, and the gateway keeps most of a small machine.</summary>
    private const int ParallelMax = 2;

    /// <summary>More is a project, which the CLI builds. Keeps a compilation in tens of MiB.</summary>
    private const int SourceBytesMax = 2 * 1024 * 1024;

    /// <summary>
    /// The binder recurses with the nesting of the source, and a stack overflow would end the process: 20,000 parentheses overflowed 16 MiB.
    /// <see cref="FunctionShape.NestingMax"/> leaves 64 KiB for each level. Only address space until it is used.
    /// </summary>
    private const int StackBytes = 64 * 1024 * 1024;

    private const int DiagnosticsMax = 50;
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(60);   // overload resolution can be made to take forever

    /// <summary>The functions' SDK, beside the controller.</summary>
    internal static readonly string FunctionsAssembly = Path.Combine(AppContext.BaseDirectory, "Faas.Functions.dll");

    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _free = new(ParallelMax);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lazy<ReferenceAssemblies> _references;
    private readonly Lazy<CSharpCompilation> _empty;

    /// <summary>Compiles against the SDK beside the controller.</summary>
    public CSharpCompiler(TimeProvider time)
        : this(time, FunctionsAssembly)
    {
    }

    /// <summary>Compiles against the SDK at <paramref name="functionsAssembly"/>.</summary>
    public CSharpCompiler(TimeProvider time, string functionsAssembly)
    {
        _time = time;
        _references = new Lazy<ReferenceAssemblies>(() => ReferenceAssemblies.Find(functionsAssembly));
        _empty = new Lazy<CSharpCompilation>(() => CreateEmpty(_references.Value));
    }

    /// <inheritdoc/>
    public string Identity => _references.Value.Identity();

    /// <inheritdoc/>
    public async Task<CompiledFunction> CompileAsync(IReadOnlyList<SourceFile> sources, CancellationToken ct)
    {
        if (sources.Sum(source => (long)source.Content.Length) > SourceBytesMax)
        {
            throw new BuildException(BuildErrors.BuildFailed, $"The sources are larger than {SourceBytesMax:N0} bytes; make them a project, which `faas deploy` builds.");
        }

        await _free.WaitAsync(ct);
        using var deadline = new CancellationTokenSource(TimeMax, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token, _stopping.Token);
        try
        {
            return await OnOwnThread(() => Compile(sources, either.Token)).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested && !_stopping.IsCancellationRequested)
        {
            throw new BuildException(BuildErrors.BuildFailed, $"The sources took longer than {TimeMax.TotalSeconds:0} s to compile; simplify them.");
        }
    }

    /// <summary>Ends running compilations. The semaphore is left to the collector, because their threads may still free their places.</summary>
    public void Dispose() => _stopping.Cancel();

    /// <summary>Frees its place when the thread ends, not when the caller goes: the compiler does not look at its token everywhere.</summary>
    private Task<CompiledFunction> OnOwnThread(Func<CompiledFunction> compile)
    {
        var completion = new TaskCompletionSource<CompiledFunction>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(
            () =>
            {
                try
                {
                    completion.SetResult(compile());
                }
                catch (Exception exception)   // the top of the thread
                {
                    completion.SetException(exception);
                }
                finally
                {
                    _free.Release();
                }
            },
            StackBytes)
        { IsBackground = true, Name = "faas-compiler", Priority = ThreadPriority.BelowNormal }.Start();
        return completion.Task;
    }

    private static CSharpCompilation CreateEmpty(ReferenceAssemblies references)
    {
        var usings = SourceText.From(CompilerSettings.ImplicitUsings, Encoding.UTF8, SourceHashAlgorithm.Sha256);
        var tree = CSharpSyntaxTree.ParseText(usings, CompilerSettings.ParseOptions, "ImplicitUsings.g.cs");
        return CSharpCompilation.Create(
            AssemblyName, [tree], references.Files.Select(file => MetadataReference.CreateFromFile(file)), CompilerSettings.Options);
    }

    private static SyntaxTree Parse(SourceFile source, CancellationToken ct)
    {
        try
        {
            var text = SourceText.From(new MemoryStream(source.Content.ToArray()), Encoding.UTF8, SourceHashAlgorithm.Sha256, throwIfBinaryDetected: true);
            if (FunctionShape.TooManyBrackets(text, source.Path) is { } problem)
            {
                throw Failed([problem]);
            }

            return CSharpSyntaxTree.ParseText(text, CompilerSettings.ParseOptions, source.Path, ct);
        }
        catch (InvalidDataException)
        {
            throw Failed([$"{source.Path}(1,1): error CS2015: the file is binary, not text"]);
        }
    }

    private static BuildException Failed(List<string> diagnostics) => new(
        BuildErrors.BuildFailed,
        diagnostics.Count == 1 ? "The sources do not compile: 1 error." : $"The sources do not compile: {diagnostics.Count} errors.",
        [.. diagnostics.Take(DiagnosticsMax)]);

    private CompiledFunction Compile(IReadOnlyList<SourceFile> sources, CancellationToken ct)
    {
        var trees = sources.OrderBy(source => source.Path, StringComparer.Ordinal).Select(source => Parse(source, ct)).ToList();
        if (FunctionShape.Problems(trees).ToList() is { Count: > 0 } problems)
        {
            throw Failed(problems);
        }

        var compilation = _empty.Value.AddSyntaxTrees(trees);
        using var assembly = new MemoryStream();
        using var symbols = new MemoryStream();
        var options = new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb, pdbFilePath: AssemblyName + ".pdb");
        var result = compilation.Emit(assembly, symbols, options: options, cancellationToken: ct);
        if (!result.Success)
        {
            throw Failed([.. result.Diagnostics
                .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
                .OrderBy(diagnostic => diagnostic.Location.SourceTree?.FilePath, StringComparer.Ordinal)
                .ThenBy(diagnostic => diagnostic.Location.SourceSpan.Start)
                .Select(diagnostic => CSharpDiagnosticFormatter.Instance.Format(diagnostic, CultureInfo.InvariantCulture))]);
        }

        return FunctionShape.NoHandler(compilation, trees[0].FilePath) is { } complaint
            ? throw Failed([complaint])
            : new CompiledFunction(assembly.ToArray(), symbols.ToArray());
    }
}
