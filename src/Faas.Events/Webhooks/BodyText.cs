using System.Text.Json;

namespace Faas.Events.Webhooks;

/// <summary>What JSON bodies say in places that schemes know.</summary>
internal static class BodyText
{
    private const int LengthMax = 1024;

    /// <summary>The text or number at <c>a.b.c</c>, if it can be an attribute's value; else null.</summary>
    public static string? TextAt(this JsonElement? body, string path)
    {
        var found = body;
        foreach (var name in path.Split('.'))
        {
            found = found is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var child) ? child : null;
        }

        var text = found?.ValueKind switch
        {
            JsonValueKind.String => found.Value.GetString(),
            JsonValueKind.Number => found.Value.GetRawText(),
            _ => null,
        };
        return text is { Length: > 0 and <= LengthMax } && !text.Any(char.IsControl) ? text : null;
    }
}
