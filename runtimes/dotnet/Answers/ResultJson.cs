using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Answers;

/// <summary>A returned value as JSON, with the web defaults.</summary>
internal static class ResultJson
{
    private static readonly ConcurrentDictionary<Type, bool> Polymorphic = new();

    /// <summary>
    /// By the value's own type, so that a handler declared as <c>object</c> or an interface says everything; by the declared one when that
    /// asks for type discriminators.
    /// </summary>
    /// <exception cref="InvalidResultException">It cannot be JSON.</exception>
    public static byte[] Write(object? value, Type declared)
    {
        try
        {
            var type = value is null || IsPolymorphic(declared) ? declared : value.GetType();
            return JsonSerializer.SerializeToUtf8Bytes(value, type, JsonSerializerOptions.Web);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new InvalidResultException($"what the handler returned cannot be JSON: {exception.Message}", exception);
        }
        catch (WorkerProtocolException exception)
        {
            throw new InvalidResultException(exception.Message, exception);
        }
    }

    private static bool IsPolymorphic(Type type) =>
        Polymorphic.GetOrAdd(type, static type =>
            type.IsDefined(typeof(JsonPolymorphicAttribute), inherit: false) || type.IsDefined(typeof(JsonDerivedTypeAttribute), inherit: false));
}
