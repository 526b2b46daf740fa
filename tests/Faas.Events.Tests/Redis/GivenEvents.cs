using System.Text.Json;
using Faas.Storage;

namespace Faas.Events.Tests.Redis;

/// <summary>What an invocation was given: one CloudEvent, or an array of them.</summary>
internal static class GivenEvents
{
    /// <summary>The events' data, as text.</summary>
    public static IReadOnlyList<string> In(Claim claim) => Read(claim, given => given.TryGetProperty("data", out var data) ? data.ToString() : "");

    /// <summary>The events' ids.</summary>
    public static IReadOnlyList<string> IdsIn(Claim claim) => Read(claim, given => given.GetProperty("id").GetString()!);

    private static IReadOnlyList<string> Read(Claim claim, Func<JsonElement, string> read)
    {
        using var json = JsonDocument.Parse(claim.Body);
        return json.RootElement.ValueKind == JsonValueKind.Array ? [.. json.RootElement.EnumerateArray().Select(read)] : [read(json.RootElement)];
    }
}
