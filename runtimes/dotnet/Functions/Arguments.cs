using System.Reflection;
using Faas.Functions;

namespace Faas.Runtime.DotNet.Functions;

/// <summary>Decides where each of a handler's parameters comes from, by its type.</summary>
internal static class Arguments
{
    /// <exception cref="FunctionLoadException">A parameter cannot be bound, or two want the event.</exception>
    public static Argument[] Of(MethodInfo method)
    {
        var parameters = method.GetParameters();
        var arguments = new Argument[parameters.Length];
        var events = 0;
        for (var i = 0; i < parameters.Length; i++)
        {
            arguments[i] = Of(method, parameters[i]);
            events += arguments[i].IsEvent ? 1 : 0;
        }

        return events <= 1
            ? arguments
            : throw FunctionLoadException.NotFound($"{HandlerSearch.Name(method)} has {events} parameters for the event; it may have one, beside FunctionContext and CancellationToken");
    }

    private static Argument Of(MethodInfo method, ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        if (type.IsByRef || type.IsPointer || type.IsByRefLike)
        {
            throw FunctionLoadException.NotFound($"{HandlerSearch.Name(method)}: the parameter '{parameter.Name}' is passed by reference; handlers take plain values");
        }

        return type == typeof(HttpEvent) ? new HttpArgument()
            : type == typeof(FunctionContext) ? new ContextArgument()
            : type == typeof(CancellationToken) ? new TokenArgument()
            : type == typeof(string) ? new TextArgument()
            : type == typeof(byte[]) ? new BytesArgument()
            : type == typeof(ReadOnlyMemory<byte>) ? new MemoryArgument()
            : type == typeof(Stream) ? new StreamArgument()
            : type == typeof(CloudEvent) ? new CloudEventArgument()
            : new JsonArgument(parameter);
    }
}
