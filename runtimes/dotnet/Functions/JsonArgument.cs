using System.Reflection;
using System.Text.Json;
using Faas.Functions;

namespace Faas.Runtime.DotNet.Functions;

/// <summary>A parameter that is read from the event's JSON.</summary>
internal sealed class JsonArgument(ParameterInfo parameter) : Argument
{
    public Type Type => parameter.ParameterType;

    public override object? Bind(Invocation invocation)
    {
        if (invocation.Body.IsEmpty)
        {
            return Default();
        }

        try
        {
            return JsonSerializer.Deserialize(invocation.Body.Span, Type, JsonSerializerOptions.Web);
        }
        catch (JsonException exception)
        {
            throw EventJson.Refuse(exception);
        }
        catch (NotSupportedException exception)
        {
            throw new BadEventException($"the event cannot be read as {Type}: {exception.Message}", exception);
        }
    }

    /// <summary>What the parameter is without a body. Whether it may be null is looked up only here: it takes reflection over attributes.</summary>
    private object? Default()
    {
        if (parameter.HasDefaultValue && parameter.DefaultValue is { } given)
        {
            return given;
        }

        if (Type.IsValueType)
        {
            return Activator.CreateInstance(Type);   // null for Nullable<T>
        }

        return parameter.HasDefaultValue || new NullabilityInfoContext().Create(parameter).WriteState != NullabilityState.NotNull
            ? null
            : throw new BadEventException($"the body is empty; the handler takes {Type.Name} as JSON");
    }
}
