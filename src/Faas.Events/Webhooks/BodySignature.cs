using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Faas.Contracts.Functions;

namespace Faas.Events.Webhooks;

/// <summary>HMACs of requests' bodies.</summary>
internal static class BodySignature
{
    /// <summary>Whether any of <paramref name="given"/> is the HMAC of <paramref name="before"/> and <paramref name="body"/> with any of <paramref name="keys"/>. All are looked at, each in constant time.</summary>
    public static bool IsOfAny(WebhookHash hash, IEnumerable<byte[]> keys, string before, ReadOnlySpan<byte> body, IReadOnlyList<byte[]> given)
    {
        var isSigned = false;
        foreach (var key in keys)
        {
            using var hmac = IncrementalHash.CreateHMAC(NameOf(hash), key);
            hmac.AppendData(Encoding.UTF8.GetBytes(before));
            hmac.AppendData(body);
            var right = hmac.GetHashAndReset();
            foreach (var signature in given)
            {
                isSigned |= CryptographicOperations.FixedTimeEquals(right, signature);
            }
        }

        return isSigned;
    }

    /// <summary>The bytes of a signature; null when it is not written like that.</summary>
    public static byte[]? Decode(string text, WebhookEncoding encoding)
    {
        var bytes = new byte[text.Length];
        var isWhole = encoding == WebhookEncoding.Hex
            ? Convert.FromHexString(text, bytes, out _, out var length) == OperationStatus.Done
            : Convert.TryFromBase64String(text, bytes, out length);
        return isWhole && length > 0 ? bytes[..length] : null;
    }

    private static HashAlgorithmName NameOf(WebhookHash hash) => hash switch
    {
        WebhookHash.Sha1 => HashAlgorithmName.SHA1,
        WebhookHash.Sha512 => HashAlgorithmName.SHA512,
        _ => HashAlgorithmName.SHA256,
    };
}
