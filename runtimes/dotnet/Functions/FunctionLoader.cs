using System.Reflection;
using System.Runtime.CompilerServices;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Functions;

/// <summary>From files to a <see cref="HandlerFunction"/>: finds the assembly, loads it, finds the handler, makes its object.</summary>
internal static class FunctionLoader
{
    /// <exception cref="FunctionLoadException">With the reason; user code that threw is its cause.</exception>
    public static HandlerFunction Load(SpecializeMessage spec, string codeDirectory)
    {
        var name = HandlerName.Parse(spec.Handler);
        var path = FunctionAssembly.Find(codeDirectory, name?.Assembly);
        try
        {
            var assembly = new FunctionLoadContext(path).LoadFromAssemblyPath(path);
            var method = HandlerSearch.Find(assembly, name);
            return new HandlerFunction(spec, method, MakeTarget(method));
        }
        catch (BadImageFormatException exception)
        {
            throw FunctionLoadException.Load($"{Path.GetFileName(path)} is not a .NET assembly for this platform: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is FileNotFoundException or FileLoadException or TypeLoadException or MissingMemberException)
        {
            throw FunctionLoadException.Load($"the function refers to something that is not in its code: {exception.Message}", exception);
        }
    }

    /// <summary>Runs static initializers now, so that their failure and their time belong to loading and not to the first invocation.</summary>
    private static object? MakeTarget(MethodInfo method)
    {
        var type = method.ReflectedType!;
        try
        {
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
            if (method.IsStatic)
            {
                return null;
            }

            if (type.IsAbstract || type.GetConstructor(Type.EmptyTypes) is not { } constructor)
            {
                throw FunctionLoadException.NotFound($"{type.FullName} has no public constructor without parameters; {method.Name} is not static, so an object is needed");
            }

            return constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, null, null);
        }
        catch (Exception exception) when (exception is not (FunctionLoadException or BadImageFormatException or FileNotFoundException or FileLoadException
            or TypeLoadException or MissingMemberException))
        {
            var cause = FunctionFailure.Unwrap(exception);
            throw FunctionLoadException.Init($"{type.FullName} failed to start: {cause.GetType().FullName}: {cause.Message}", cause);
        }
    }
}
