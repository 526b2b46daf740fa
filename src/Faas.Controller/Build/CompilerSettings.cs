using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Faas.Controller.Build;

/// <summary>To be raised with every change in this file: it is part of what names compiled code.</summary>
internal static class CompilerVersion
{
    public const int Settings = 1;
}

/// <summary>How functions are compiled: as the SDK would, for a library in Release.</summary>
internal static class CompilerSettings
{
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
