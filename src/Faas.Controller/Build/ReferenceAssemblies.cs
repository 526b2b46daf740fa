using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.CodeAnalysis;

namespace Faas.Controller.Build;

/// <summary>What functions are compiled against: the framework and the SDK, nothing of the controller's own.</summary>
internal sealed class ReferenceAssemblies
{
    private const string FrameworkVersion = "net10.0";

    private ReferenceAssemblies(IReadOnlyList<MetadataReference> references, string identity)
    {
        References = references;
        Identity = identity;
    }

    public IReadOnlyList<MetadataReference> References { get; }

    /// <summary>Changes whenever a reference does; part of what names a compiled function.</summary>
    public string Identity { get; }

    /// <summary>Finds the framework and adds the SDK at <paramref name="functionsAssembly"/>.</summary>
    public static ReferenceAssemblies Find(string functionsAssembly)
    {
        var framework = TargetingPack() ?? RunningFramework();
        IReadOnlyList<string> files = [.. framework.Order(StringComparer.Ordinal), functionsAssembly];
        return new ReferenceAssemblies([.. files.Select(file => MetadataReference.CreateFromFile(file))], IdentityOf(files));
    }

    /// <summary>The reference assemblies that came with the .NET SDK: they hide the framework's internals.</summary>
    private static string[]? TargetingPack()
    {
        // The runtime lives in {dotnet}/shared/Microsoft.NETCore.App/10.x.y; the packs are beside `shared`.
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;   // never a single file: the SDK's assembly is beside us
        var packs = Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref"));
        if (!Directory.Exists(packs))
        {
            return null;
        }

        return Directory.GetDirectories(packs, $"{Environment.Version.Major.ToString(CultureInfo.InvariantCulture)}.*")
            .OrderByDescending(pack => Version.TryParse(Path.GetFileName(pack), out var version) ? version : new Version())
            .Select(pack => Path.Combine(pack, "ref", FrameworkVersion))
            .Where(Directory.Exists)
            .Select(folder => Directory.GetFiles(folder, "*.dll"))
            .FirstOrDefault(files => files.Length > 0);
    }

    /// <summary>On a machine with only the runtime: its implementation assemblies, without ASP.NET Core and the controller's packages.</summary>
    private static string[] RunningFramework()
    {
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location);
        return [.. ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(file => Path.GetDirectoryName(file) == runtime && IsPublic(Path.GetFileNameWithoutExtension(file)))];
    }

    private static bool IsPublic(string assembly) =>
        assembly.StartsWith("System", StringComparison.Ordinal) || assembly is "netstandard" or "mscorlib" or "Microsoft.CSharp" or "Microsoft.Win32.Primitives";

    /// <summary>By content, because a version number does not change with every build of the SDK's assembly.</summary>
    private static string IdentityOf(IReadOnlyList<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file)));
            hash.AppendData(File.ReadAllBytes(file));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
