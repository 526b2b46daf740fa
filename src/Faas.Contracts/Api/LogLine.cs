using System.Text.Json;

namespace Faas.Contracts.Api;

/// <summary>One line a function wrote.</summary>
/// <param name="At">When the instance wrote it.</param>
/// <param name="Instance">The instance.</param>
/// <param name="InvocationId">The invocation that wrote it; null for lines outside any (start-up, background work).</param>
/// <param name="Stream"><c>stdout</c>, <c>stderr</c> or <c>platform</c>.</param>
/// <param name="Text">The line as it was written, without its line break.</param>
public sealed record LogLine(DateTimeOffset At, string Instance, string? InvocationId, string Stream, string Text)
{
    /// <summary>The <see cref="Stream"/> of what the platform says about the function.</summary>
    public const string Platform = "platform";

    /// <summary>The level that the line says it has; null when it says none.</summary>
    public LineLevel? Level { get; init; }

    /// <summary>True for a line that was too long: it is cut here, and the next one of its invocation and stream goes on. Null for all others.</summary>
    public bool? GoesOn { get; init; }

    /// <summary>The message of a JSON line; null for others and for those without one.</summary>
    public string? Message { get; init; }

    /// <summary>A JSON line's other fields; null for others and when there are none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Fields { get; init; }
}
