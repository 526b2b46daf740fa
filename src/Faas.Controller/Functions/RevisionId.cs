using System.Security.Cryptography;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;

namespace Faas.Controller.Functions;

/// <summary>Names revisions after what they are, so that the same code and configuration is the same revision.</summary>
internal static class RevisionId
{
    /// <summary><c>{function}-{12 hex}</c> over the spec, which includes the code's digest.</summary>
    public static string Of(FunctionSpec spec)
    {
        // Order of keys must not matter: a dictionary's enumeration order is not part of what the user wrote.
        var ordered = spec with { Env = new SortedDictionary<string, string>(spec.Env.ToDictionary(), StringComparer.Ordinal) };
        var bytes = JsonSerializer.SerializeToUtf8Bytes(ordered, FaasJson.Default.FunctionSpec);
        return $"{spec.Name}-{Convert.ToHexStringLower(SHA256.HashData(bytes))[..12]}";
    }
}
