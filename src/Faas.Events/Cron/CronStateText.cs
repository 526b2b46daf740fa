using System.Text.Json;
using System.Text.Json.Serialization;

namespace Faas.Events.Cron;

/// <summary>How a trigger's state is kept: JSON. Unknown members are ignored on reading.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(CronState))]
internal sealed partial class CronStateText : JsonSerializerContext
{
    public static string Write(CronState state) => JsonSerializer.Serialize(state, Default.CronState);

    /// <summary>The state; null for a new trigger's.</summary>
    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    public static CronState? Read(string? text)
    {
        try
        {
            var state = text is null ? null : JsonSerializer.Deserialize(text, Default.CronState);
            return state is { Waiting: null } ? state with { Waiting = [] } : state;   // an empty list that was left out is none for the generator
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"what is kept of the trigger cannot be read ({exception.Message}); `faas trigger delete` forgets it, and resumed it begins anew", exception);
        }
    }
}
