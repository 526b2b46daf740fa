using System.Text.Json.Serialization;
using Faas.Contracts.Functions;

namespace Faas.Storage;

/// <summary>How specs are stored. Unknown members are ignored on reading, so a field that was removed later does no harm.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(FunctionSpec))]
internal sealed partial class SpecJson : JsonSerializerContext;
