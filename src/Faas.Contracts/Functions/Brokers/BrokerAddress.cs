namespace Faas.Contracts.Functions;

/// <summary>Addresses of brokers as users write them: URLs that may name secrets.</summary>
public static class BrokerAddress
{
    /// <summary>Whether <paramref name="url"/> is an address of one of these schemes, whatever its secrets are.</summary>
    public static bool IsValid(string? url, params ReadOnlySpan<string> schemes) =>
        url is { Length: > 0 and <= 2000 } && Parse(url) is { Host.Length: > 0 } parsed && schemes.Contains(parsed.Scheme);

    /// <summary>Where it is, without user and password: <c>localhost:5672/shop</c>.</summary>
    public static string PlaceOf(string url) => Parse(url) is { } parsed ? parsed.Authority[(parsed.Authority.LastIndexOf('@') + 1)..] + (parsed.AbsolutePath is "/" ? "" : parsed.AbsolutePath) : "";

    private static Uri? Parse(string url) => Uri.TryCreate(SecretText.Fill(url, _ => "x"), UriKind.Absolute, out var parsed) ? parsed : null;
}
