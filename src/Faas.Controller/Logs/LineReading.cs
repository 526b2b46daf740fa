using System.Buffers;
using System.Text;
using System.Text.Json;
using Faas.Contracts.Api;

namespace Faas.Controller.Logs;

/// <summary>
/// What a line says about itself: the level, message and fields of a JSON object as the usual libraries write them, or the level in brackets that a plain line
/// begins with (<c>[WARNING] text</c>). Done when lines are read, never while they come; a line that only looks like JSON is a plain line.
/// </summary>
internal static class LineReading
{
    /// <summary>Names of the field with the level, in the order of what counts when there are several. Case does not matter.</summary>
    private static readonly byte[][] LevelNames = [[.. "level"u8], [.. "severity"u8], [.. "lvl"u8], [.. "@l"u8], [.. "loglevel"u8], [.. "levelname"u8], [.. "log.level"u8]];

    /// <summary>Names of the field with the message, likewise.</summary>
    private static readonly byte[][] MessageNames = [[.. "message"u8], [.. "msg"u8], [.. "@m"u8], [.. "@mt"u8], [.. "event"u8]];

    /// <summary>The level that <paramref name="text"/> says it has; null when it says none.</summary>
    public static LineLevel? LevelOf(string text)
    {
        if (!LooksLikeJson(text))
        {
            return LevelInBrackets(text);
        }

        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            return TryScan(bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)), out var found) ? found.Level : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>The line with all that it says about itself.</summary>
    public static LogLine Read(LogLine line)
    {
        if (!LooksLikeJson(line.Text))
        {
            return line.Level is null && LevelInBrackets(line.Text) is { } level ? line with { Level = level } : line;
        }

        var bytes = Encoding.UTF8.GetBytes(line.Text);
        try
        {
            return TryScan(bytes, out var found) ? WithFields(line, found, JsonElement.Parse(bytes)) : line;
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException or ArgumentException)
        {
            return line;   // an escape like \ud800, which JSON allows and no text can hold
        }
    }

    private static LogLine WithFields(LogLine line, Found found, JsonElement json)
    {
        if (line.Text.Contains("\\ud", StringComparison.OrdinalIgnoreCase))
        {
            JsonSerializer.SerializeToUtf8Bytes(json, FaasJson.Default.JsonElement);   // throws for what cannot be passed on
        }

        string? message = null;
        Dictionary<string, JsonElement>? fields = null;
        var index = 0;
        foreach (var property in json.EnumerateObject())
        {
            if (index == found.MessageIndex)
            {
                message = property.Value.GetString();
            }
            else if (index != found.LevelIndex)
            {
                (fields ??= [])[property.Name] = property.Value;
            }

            index++;
        }

        return line with { Level = line.Level ?? found.Level, Message = message, Fields = fields };
    }

    /// <summary>Cheap, and enough to keep most of what is no JSON - Python's dicts, C# braces - away from a parser that would throw.</summary>
    private static bool LooksLikeJson(string text)
    {
        if (text.Length < 2 || text[0] != '{')
        {
            return false;
        }

        var inner = text.AsSpan(1).TrimStart();
        return inner.Length > 0 && inner[0] is '"' or '}' && inner.TrimEnd()[^1] == '}';
    }

    private static LineLevel? LevelInBrackets(string text)
    {
        const int NameLengthMax = 12;
        if (text.Length < 3 || text[0] != '[')
        {
            return null;
        }

        var end = text.AsSpan(1, Math.Min(text.Length - 1, NameLengthMax)).IndexOf(']');
        return end > 0 && LineLevels.TryParse(text.AsSpan(1, end).Trim(), out var level) ? level : null;
    }

    private static bool TryScan(ReadOnlySpan<byte> utf8, out Found found)
    {
        found = new Found();
        try
        {
            var reader = new Utf8JsonReader(utf8);
            reader.Read();
            for (var index = 0; reader.Read() && reader.TokenType == JsonTokenType.PropertyName; index++)
            {
                var levelRank = Rank(LevelNames, reader.ValueSpan);
                var messageRank = levelRank == int.MaxValue ? Rank(MessageNames, reader.ValueSpan) : int.MaxValue;
                reader.Read();
                if (levelRank < found.LevelRank && LevelIn(ref reader) is { } level)
                {
                    (found.Level, found.LevelRank, found.LevelIndex) = (level, levelRank, index);
                }
                else if (messageRank < found.MessageRank && reader.TokenType == JsonTokenType.String)
                {
                    (found.MessageRank, found.MessageIndex) = (messageRank, index);
                }

                reader.Skip();
            }

            return !reader.Read();   // throws for what comes behind the object
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static int Rank(byte[][] names, ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < names.Length; i++)
        {
            if (Ascii.EqualsIgnoreCase(names[i], name))
            {
                return i;
            }
        }

        return int.MaxValue;
    }

    private static LineLevel? LevelIn(ref Utf8JsonReader reader)
    {
        Span<char> name = stackalloc char[16];
        return reader.TokenType switch
        {
            JsonTokenType.Number => reader.TryGetDouble(out var number) && LineLevels.TryParse(number, out var level) ? level : null,
            JsonTokenType.String when !reader.ValueIsEscaped && reader.ValueSpan.Length <= name.Length =>
                LineLevels.TryParse(name[..Encoding.UTF8.GetChars(reader.ValueSpan, name)], out var level) ? level : null,
            _ => null,
        };
    }

    private struct Found()
    {
        public LineLevel? Level;
        public int LevelRank = int.MaxValue;
        public int LevelIndex = -1;
        public int MessageRank = int.MaxValue;
        public int MessageIndex = -1;
    }
}
