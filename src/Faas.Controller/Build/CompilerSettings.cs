using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Faas.Controller.Build;

/// <summary>How functions are compiled: as the SDK would, for a library in Release.</summary>
internal static class CompilerSettings
{
    /// <summary>To be raised with every change in this file: it is part of what names compiled code.</summary>
    public const int Version = 1;

    public static CSharpCompilationOptions Options { get; } = new(
        OutputKind.DynamicallyLinkedLibrary,
        moduleName: CSharpCompiler.AssemblyName + ".dll",
        optimizationLevel: OptimizationLevel.Release,
        allowUnsafe: false,
        concurrentBuild: false,   // on its own thread; the pool is for requests
        deterministic: true,
        nullableContextOptions: NullableContextOptions.Enable,
        assemblyIdentityComparer: DesktopAssemblyIdentityComparer.Default);

    public static CSharpParseOptions ParseOptions { get; } = new(
        LanguageVersion.Latest,
        DocumentationMode.None,
        preprocessorSymbols:
        [
            "RELEASE", "TRACE", "NET", "NETCOREAPP", "NET10_0", "NET5_0_OR_GREATER", "NET6_0_OR_GREATER", "NET7_0_OR_GREATER", "NET8_0_OR_GREATER",
            "NET9_0_OR_GREATER", "NET10_0_OR_GREATER",
        ]);

    /// <summary>Exercises parser, binder, async, LINQ and interpolation, which is what functions are made of.</summary>
    public static ReadOnlyMemory<byte> WarmUpSource { get; } = Encoding.UTF8.GetBytes(
        """
        using System.Text.Json;
        public sealed class WarmUp
        {
            public sealed record Item(string Name, int Count = 1);

            public async Task<string> RunAsync(Item item, CancellationToken ct)
            {
                await Task.Yield();
                var all = Enumerable.Range(0, item.Count).Select(i => $"{item.Name} {i:N0}").Where(text => text is { Length: > 0 }).ToDictionary(text => text);
                try { return JsonSerializer.Serialize(all); } catch (JsonException exception) when (!ct.IsCancellationRequested) { return exception.Message; }
            }
        }
        """);

    /// <summary>What the SDK's ImplicitUsings gives, and the functions' SDK.</summary>
    public const string ImplicitUsings =
        """
        global using global::System;
        global using global::System.Collections.Generic;
        global using global::System.IO;
        global using global::System.Linq;
        global using global::System.Net.Http;
        global using global::System.Threading;
        global using global::System.Threading.Tasks;
        global using global::Faas.Functions;
        """;
}
