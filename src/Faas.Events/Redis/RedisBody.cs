using System.Text.Json;

namespace Faas.Events.Redis;

/// <summary>What bodies are whose senders had no way to say it.</summary>
internal static class RedisBody
{
    /// <summary>The media type: that of CloudEvents for an object with a <c>specversion</c>, which is what makes a CloudEvent one; else JSON for JSON; else null.</summary>
    public static string? TypeOf(ReadOnlySpan<byte> body)
    {
        if (!CloudEventText.IsJson(body))
        {
            return null;
        }

        return IsCloudEvent(body) ? CloudEventText.MediaType : "application/json";
    }

    private static bool IsCloudEvent(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();   // there is something to read, or it would not be JSON
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("specversion"u8))
            {
                return true;
            }

            reader.Read();
            reader.Skip();
        }

        return false;
    }
}
