using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Faas.Events;

/// <summary>
/// Signs what is sent to addresses, as <see href="https://github.com/standard-webhooks/standard-webhooks">Standard Webhooks</see> 1.0 has it: HMAC-SHA256 of
/// <c>id.timestamp.body</c>, so that receivers can use any of its libraries.
/// </summary>
public sealed class CallbackSigner(byte[] key)
{
    private const string Prefix = "whsec_";
    private const int KeyLength = 32;

    /// <summary>Reads the key (<c>whsec_</c> and base64), or makes one of 256 random bits. The file is its owner's alone.</summary>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    public static CallbackSigner ReadOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            var made = RandomNumberGenerator.GetBytes(KeyLength);
            using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            file.Write(Encoding.ASCII.GetBytes($"{Prefix}{Convert.ToBase64String(made)}\n"));
            return new CallbackSigner(made);
        }

        var text = File.ReadAllText(path).Trim();
        var buffer = new byte[text.Length];
        return text.StartsWith(Prefix, StringComparison.Ordinal) && Convert.TryFromBase64String(text[Prefix.Length..], buffer, out var length) && length >= 16
            ? new CallbackSigner(buffer[..length])
            : throw new InvalidDataException($"{path} must hold '{Prefix}' and a key of at least 16 bytes as base64; remove it to have a new one made");
    }

    /// <summary>The value of <c>webhook-signature</c>.</summary>
    /// <param name="id">The value of <c>webhook-id</c>.</param>
    /// <param name="at">The time of sending.</param>
    /// <param name="body">The body.</param>
    public string Sign(string id, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(Encoding.UTF8.GetBytes($"{id}.{Timestamp(at)}."));
        hmac.AppendData(body);
        return "v1," + Convert.ToBase64String(hmac.GetHashAndReset());
    }

    /// <summary>The value of <c>webhook-timestamp</c>: seconds since 1970.</summary>
    public static string Timestamp(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
}
