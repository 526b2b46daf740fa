using System.Reflection;
using Faas.Runtimes.Tests;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Faas.Runtimes.DotNet.Tests;

/// <summary>Starts the C# worker as it was built, with functions that are real assemblies.</summary>
internal static class DotNetWorker
{
    private static readonly Dictionary<string, string> Built = typeof(DotNetWorker).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Where(attribute => attribute.Value is not null).ToDictionary(attribute => attribute.Key, attribute => attribute.Value!);

    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':')
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(path) == "Faas.Functions.dll")
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static Task<WorkerHarness> StartAsync() => WorkerHarness.StartAsync(new WorkerCommand("dotnet", Built["Worker"]));

    /// <summary>A worker with the published test functions as its code, specialized to <c>Type.Method</c> of them.</summary>
    public static async Task<WorkerHarness> StartAsync(string handler, IReadOnlyDictionary<string, string>? env = null)
    {
        var worker = await StartAsync();
        CopyFunctions(worker);
        await worker.SpecializeOkAsync(handler, env);
        return worker;
    }

    /// <summary>A worker whose code is this one source file, compiled as the controller does.</summary>
    public static async Task<WorkerHarness> StartFromSourceAsync(string source, string name = "function")
    {
        var worker = await StartAsync();
        Compile(source, Path.Combine(worker.Code, name + ".dll"));
        return worker;
    }

    public static void CopyFunctions(WorkerHarness worker)
    {
        var from = Path.GetDirectoryName(Built["Functions"])!;
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(worker.Code, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
    }

    public static void Compile(string source, string path)
    {
        var hasMain = !source.Contains("class ", StringComparison.Ordinal) && !source.Contains("record ", StringComparison.Ordinal);
        var name = Path.GetFileNameWithoutExtension(path);
        const string Usings = "global using System; global using System.Collections.Generic; global using System.Linq; global using System.Threading; global using System.Threading.Tasks; global using Faas.Functions;";
        var trees = new[]
        {
            CSharpSyntaxTree.ParseText(SourceText.From(source, System.Text.Encoding.UTF8), path: "function.cs"),
            CSharpSyntaxTree.ParseText(Usings),
        };
        var options = new CSharpCompilationOptions(hasMain ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
            optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable, deterministic: true);
        var result = CSharpCompilation.Create(name, trees, References, options)
            .Emit(File.Create(path).Also(out var file), options: new EmitOptions(debugInformationFormat: DebugInformationFormat.Embedded));
        file.Dispose();
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
    }

    private static FileStream Also(this FileStream stream, out FileStream same) => same = stream;
}
