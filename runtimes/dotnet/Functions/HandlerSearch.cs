using System.Reflection;
using System.Runtime.CompilerServices;
using Faas.Functions;

namespace Faas.Runtime.DotNet.Functions;

/// <summary>Finds the handler method: by name, by <see cref="FunctionAttribute"/>, by convention, or because there is no other.</summary>
internal static class HandlerSearch
{
    private const BindingFlags PublicOwn = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly string[] Conventional = ["Handle", "HandleAsync", "Handler", "Run", "RunAsync"];

    /// <exception cref="FunctionLoadException">None or several fit.</exception>
    public static MethodInfo Find(Assembly assembly, HandlerName? name) => name is null ? Discover(assembly) : Named(assembly, name);

    /// <summary>A method as people write it.</summary>
    public static string Name(MethodInfo method) => $"{method.DeclaringType?.FullName?.Replace('+', '.')}.{method.Name}";

    private static MethodInfo Named(Assembly assembly, HandlerName name)
    {
        var type = FindType(assembly, name.Type)
            ?? throw FunctionLoadException.NotFound($"there is no public type {name.Type} in {assembly.GetName().Name}.dll{Suggest(assembly)}");
        if (type.IsGenericTypeDefinition || type.IsInterface)
        {
            throw FunctionLoadException.NotFound($"{name.Type} is generic or an interface; a handler's type is a plain class");
        }

        // Inherited methods count when they are asked for by name.
        var methods = Array.FindAll(
            type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy),
            method => method.Name == name.Method && !method.IsGenericMethodDefinition);
        if (methods.Length > 1)
        {
            var marked = Array.FindAll(methods, IsMarked);
            methods = marked.Length == 1 ? marked : methods;
        }

        return methods.Length switch
        {
            1 => methods[0],
            0 => throw FunctionLoadException.NotFound($"{type.FullName} has no public method {name.Method}{Suggest(assembly)}"),
            _ => throw FunctionLoadException.NotFound($"{type.FullName} has {methods.Length} methods {name.Method}; mark one with [Function]"),
        };
    }

    private static Type? FindType(Assembly assembly, string name)
    {
        if (assembly.GetType(name) is { IsVisible: true } exact)
        {
            return exact;
        }

        var matches = Types(assembly).Where(type => type.Name == name || type.FullName!.Replace('+', '.') == name).Take(2).ToArray();
        return matches.Length == 1 ? matches[0] : null;
    }

    private static MethodInfo Discover(Assembly assembly)
    {
        var candidates = Candidates(assembly);
        foreach (var rule in (Predicate<MethodInfo>[])[IsMarked, method => Conventional.Contains(method.Name), _ => true])
        {
            var found = candidates.FindAll(rule);
            if (found.Count == 1)
            {
                return found[0];
            }

            if (found.Count > 1)
            {
                throw FunctionLoadException.NotFound(
                    $"several methods could be the handler: {List(found)}. Mark one with [Function], or name it in the handler setting: {Name(found[0])}");
            }
        }

        throw FunctionLoadException.NotFound(assembly.EntryPoint is null
            ? "there is no public method in a public class; write for example: public static class Hello { public static string Handle(string name) => ... }"
            : "the code is a program with top-level statements or Main; a function is a public method in a public class. To run a program, deploy it as an http function");
    }

    private static string Suggest(Assembly assembly) => Candidates(assembly) is { Count: > 0 } candidates ? $"; it has {List(candidates)}" : "";

    private static string List(List<MethodInfo> methods) =>
        string.Join(", ", methods.Take(8).Select(Name)) + (methods.Count > 8 ? ", ..." : "");

    private static List<MethodInfo> Candidates(Assembly assembly)
    {
        var candidates = new List<MethodInfo>();
        foreach (var type in Types(assembly))
        {
            // Static classes are abstract and sealed; other abstract ones cannot be made.
            if (type.IsClass && !type.IsGenericTypeDefinition && (!type.IsAbstract || type.IsSealed) && !typeof(Delegate).IsAssignableFrom(type))
            {
                candidates.AddRange(type.GetMethods(PublicOwn).Where(IsCandidate));
            }
        }

        return candidates;
    }

    private static bool IsCandidate(MethodInfo method) =>
        !method.IsSpecialName && !method.IsGenericMethodDefinition
        && !method.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        && method.GetBaseDefinition().DeclaringType == method.DeclaringType
        && method.Name is not ("Dispose" or "DisposeAsync" or "Main" or "Equals" or "Deconstruct" or "CompareTo");

    private static bool IsMarked(MethodInfo method) => method.IsDefined(typeof(FunctionAttribute), inherit: false);

    private static Type[] Types(Assembly assembly)
    {
        try
        {
            return assembly.GetExportedTypes();
        }
        catch (Exception exception) when (exception is FileNotFoundException or ReflectionTypeLoadException or TypeLoadException)
        {
            throw FunctionLoadException.Load($"the function refers to something that is not in its code: {exception.Message}", exception);
        }
    }
}
