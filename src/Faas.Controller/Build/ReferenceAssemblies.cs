using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Faas.Controller.Build;

/// <summary>What functions are compiled against: the framework and the SDK, nothing of the controller's own.</summary>
internal sealed class ReferenceAssemblies
{
    private const string FrameworkVersion = "net10.0";

    private ReferenceAssemblies(IReadOnlyList<string> files) => Files = files;

    /// <summary>Their paths.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Finds the framework and adds the SDK at <paramref name="functionsAssembly"/>.</summary>
    public static ReferenceAssemblies Find(string functionsAssembly) =>
        new([.. (TargetingPack() ?? RunningFramework()).Order(StringComparer.Ordinal), functionsAssembly]);

    /// <summary>
    /// Changes with the compiler, its options and every reference: part of what names a compiled function. By content, because a version number does not
    /// change with every build of the SDK's assembly.
    /// </summary>
    public string Identity()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file)));
            using var content = File.OpenRead(file);
            hash.AppendData(SHA256.HashData(content));
        }

        // Read from the file: asking a type would load the compiler.
        var compiler = AssemblyName.GetAssemblyName(Path.Combine(AppContext.BaseDirectory, "Microsoft.CodeAnalysis.CSharp.dll")).Version;
        return $"{compiler}/{CompilerVersion.Settings}/{Convert.ToHexStringLower(hash.GetHashAndReset())}";
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
}
