namespace Faas.Runtime.DotNet.Functions;

/// <summary>Finds the function's own assembly among the files of its code.</summary>
internal static class FunctionAssembly
{
    /// <summary>What the controller calls the assembly that it compiles from a single .cs file.</summary>
    private const string CompiledName = "function.dll";

    /// <summary>The path of the assembly.</summary>
    /// <exception cref="FunctionLoadException">There is none, or it is not clear which.</exception>
    public static string Find(string codeDirectory, string? name)
    {
        if (name is not null)
        {
            var named = Path.Combine(codeDirectory, name + ".dll");
            return File.Exists(named) ? named : throw FunctionLoadException.Load($"the code has no {name}.dll{Listing(codeDirectory)}");
        }

        var compiled = Path.Combine(codeDirectory, CompiledName);
        if (File.Exists(compiled))
        {
            return compiled;
        }

        var all = Dlls(codeDirectory);
        if (all.Length == 1)
        {
            return all[0];
        }

        var roots = Array.FindAll(all, path =>
            File.Exists(Path.ChangeExtension(path, ".runtimeconfig.json")) || File.Exists(Path.ChangeExtension(path, ".deps.json")));
        return roots.Length switch
        {
            1 => roots[0],
            0 when all.Length == 0 => throw FunctionLoadException.Load("the code has no .dll: deploy a .cs file, or the output of dotnet publish"),
            _ => throw FunctionLoadException.Load(
                $"it is not clear which .dll is the function; name it in the handler: Assembly::Namespace.Type::Method{Listing(codeDirectory)}"),
        };
    }

    private static string[] Dlls(string codeDirectory) =>
        Directory.Exists(codeDirectory) ? Directory.GetFiles(codeDirectory, "*.dll") : [];

    private static string Listing(string codeDirectory)
    {
        var names = Dlls(codeDirectory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).Take(10).ToArray();
        return names.Length == 0 ? "" : $" (there: {string.Join(", ", names)})";
    }
}
