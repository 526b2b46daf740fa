namespace Faas.LoadTests.Loads;

/// <summary>What a load sends again and again.</summary>
/// <param name="Functions">Their names; of several, each request calls one at random.</param>
/// <param name="Body">Null for a GET; else it is a POST.</param>
/// <param name="ContentType">Of the body.</param>
internal sealed record LoadRequest(IReadOnlyList<string> Functions, string? Body = null, string ContentType = "application/octet-stream")
{
    public static LoadRequest Get(string function) => new([function]);

    public static string PathOf(string function) => $"/function/{function}";
}
