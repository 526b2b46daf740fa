using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Faas.Runtime.DotNet.Functions;

/// <summary>
/// Loads a function and what it brings along. Not collectible: an instance is one function for good, and first calls are 3 ms faster so.
/// </summary>
internal sealed class FunctionLoadContext : AssemblyLoadContext
{
    /// <summary>The SDK's types are the worker's own, or a handler's <c>HttpEvent</c> would not be ours.</summary>
    private const string SdkName = "Faas.Functions";

    private static readonly Dictionary<string, string> Platform = PlatformAssemblies();

    private readonly string _directory;
    private readonly AssemblyDependencyResolver? _resolver;

    public FunctionLoadContext(string assemblyPath)
        : base("function", isCollectible: false)
    {
        _directory = Path.GetDirectoryName(assemblyPath)!;
        // Reading deps.json takes the host's resolver; a function without it needs only its folder.
        _resolver = File.Exists(Path.ChangeExtension(assemblyPath, ".deps.json")) ? new AssemblyDependencyResolver(assemblyPath) : null;
    }

    /// <inheritdoc />
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name is not { } name || name == SdkName)
        {
            return null;
        }

        var isPlatform = Platform.TryGetValue(name, out var platformPath);
        if (isPlatform && _resolver is null)
        {
            return null;
        }

        var path = _resolver?.ResolveAssemblyToPath(assemblyName) ?? Beside(name);
        if (path is null || (isPlatform && IsAtLeast(platformPath!, assemblyName.Version)))
        {
            return null;
        }

        return LoadFromAssemblyPath(path);
    }

    /// <inheritdoc />
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        var path = _resolver?.ResolveUnmanagedDllToPath(unmanagedDllName) ?? NativeCandidates(unmanagedDllName).FirstOrDefault(File.Exists);
        return path is null ? 0 : LoadUnmanagedDllFromPath(path);
    }

    private string? Beside(string name)
    {
        var path = Path.Combine(_directory, name + ".dll");
        return File.Exists(path) ? path : null;
    }

    private IEnumerable<string> NativeCandidates(string name)
    {
        string[] names = name.Contains(".so", StringComparison.Ordinal) ? [name] : [$"lib{name}.so", $"{name}.so", name];
        var rid = RuntimeInformation.RuntimeIdentifier;
        var portable = $"linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        string[] folders = [Path.Combine("runtimes", rid, "native"), Path.Combine("runtimes", portable, "native"), ""];
        return folders.SelectMany(_ => names, (folder, file) => Path.Combine(_directory, folder, file));
    }

    /// <summary>The runtime's own assemblies are shared, too (their attributes and types meet ours), unless the function needs a newer one.</summary>
    private static bool IsAtLeast(string platformPath, Version? wanted) =>
        wanted is null || AssemblyName.GetAssemblyName(platformPath).Version >= wanted;

    private static Dictionary<string, string> PlatformAssemblies()
    {
        var paths = (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var known = new Dictionary<string, string>(paths.Length, StringComparer.OrdinalIgnoreCase);
        foreach (var path in paths)
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (name.StartsWith("System", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal) || name is "mscorlib" or "netstandard")
            {
                known[name] = path;
            }
        }

        return known;
    }
}
