using System.Text.Json;
using System.Text.Json.Serialization;

namespace Faas.Contracts.Api;

/// <summary>Writes <typeparamref name="T"/> as a camelCase string.</summary>
public sealed class CamelCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase)
    where T : struct, Enum;
