using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;

namespace Faas.Runtime.DotNet.Functions;

/// <summary>The frames of an exception that are the function author's: no runtime, no worker. With file and line when there are symbols.</summary>
internal static class FunctionTrace
{
    private const int FramesMax = 32;

    public static IReadOnlyList<string> Of(Exception exception)
    {
        var own = new List<string>();
        Collect(exception, own);
        if (own.Count == 0 && exception is AggregateException { InnerExceptions: [var first, ..] })
        {
            Collect(first, own);
        }

        return own;
    }

    private static void Collect(Exception exception, List<string> own)
    {
        foreach (var frame in new StackTrace(exception, fNeedFileInfo: true).GetFrames())
        {
            if (own.Count < FramesMax && frame.GetMethod() is { } method && IsFunctions(method))
            {
                own.Add(Describe(frame, method));
            }
        }
    }

    private static bool IsFunctions(MethodBase method) =>
        AssemblyLoadContext.GetLoadContext(method.Module.Assembly) is FunctionLoadContext;

    private static string Describe(StackFrame frame, MethodBase method)
    {
        var name = Name(method);
        return frame.GetFileName() is { } file && frame.GetFileLineNumber() is > 0 and var line ? $"{name} ({Path.GetFileName(file)}:{line})" : name;
    }

    /// <summary>Async methods, iterators and lambdas are compiled into types and methods called <c>&lt;Name&gt;...</c>; people know Name.</summary>
    private static string Name(MethodBase method)
    {
        var type = method.DeclaringType;
        var name = Written(method.Name) ?? method.Name;
        while (type is not null && type.Name.StartsWith('<'))
        {
            name = Written(type.Name) ?? name;
            type = type.DeclaringType;
        }

        return type is null ? name : $"{type.FullName?.Replace('+', '.')}.{name}";
    }

    private static string? Written(string compiled)
    {
        var end = compiled.IndexOf('>', StringComparison.Ordinal);
        return compiled.StartsWith('<') && end > 1 ? compiled[1..end] : null;
    }
}
