using Faas.Contracts.Functions;

namespace Faas.Events.Brokers;

/// <summary>Puts secrets where texts name them.</summary>
internal static class SecretTexts
{
    /// <summary>What users are told of a secret that there is not.</summary>
    public static string Missing(string name) => $"there is no secret '{name}'; `faas secret set {name}` makes it";

    /// <summary><paramref name="text"/> with the values of the secrets that it names; in an address they are written as addresses must.</summary>
    /// <exception cref="BrokerException">There is no such secret.</exception>
    public static async Task<string> FillAsync(this ISecrets secrets, string text, bool isAddress, CancellationToken ct)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in SecretText.NamesIn(text))
        {
            var value = await secrets.FindAsync(name, ct) ?? throw new BrokerException(Missing(name));
            values[name] = isAddress ? Uri.EscapeDataString(value) : value;
        }

        return SecretText.Fill(text, name => values[name]);
    }
}
