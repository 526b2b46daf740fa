using System.Text.Json;

namespace Faas.Functions;

/// <summary>Says what is wrong with an event's JSON, with path and place.</summary>
internal static class EventJson
{
    public static BadEventException Refuse(JsonException exception)
    {
        // The serializer appends "Path: $.x | LineNumber: 0 | BytePositionInLine: 5." with lines from 0; people count from 1.
        var message = exception.Message;
        var appended = message.IndexOf(" Path: ", StringComparison.Ordinal);
        appended = appended < 0 ? message.IndexOf(" LineNumber: ", StringComparison.Ordinal) : appended;
        message = appended > 0 ? message[..appended] : message;
        var place = exception.LineNumber is { } line
            ? $" (at {exception.Path ?? "$"}, line {line + 1}, byte {(exception.BytePositionInLine ?? 0) + 1})"
            : "";
        return new BadEventException($"the event is not the expected JSON: {message}{place}", exception);
    }
}
