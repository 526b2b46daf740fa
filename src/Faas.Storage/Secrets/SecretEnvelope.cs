using System.Security.Cryptography;
using System.Text;

namespace Faas.Storage;

/// <summary>
/// A sealed secret: format (1 byte), the key's mark (8), nonce (12), tag (16), and the value under AES-256-GCM. The name is associated data, so that an envelope under another name does not open.
/// </summary>
internal static class SecretEnvelope
{
    private const byte Format = 1;
    private const int MarkAt = 1;
    private const int NonceAt = MarkAt + SecretKey.MarkLength;
    private const int NonceLength = 12;
    private const int TagAt = NonceAt + NonceLength;
    private const int TagLength = 16;
    private const int ValueAt = TagAt + TagLength;

    /// <summary>Seals a value. The nonce is random: with 96 bits, a key would have to seal four thousand million values before two of them were likely to share one.</summary>
    public static byte[] Seal(SecretKey key, string name, string value)
    {
        var plain = Encoding.UTF8.GetBytes(value);
        var envelope = new byte[ValueAt + plain.Length];
        envelope[0] = Format;
        key.Mark.CopyTo(envelope.AsSpan(MarkAt));
        RandomNumberGenerator.Fill(envelope.AsSpan(NonceAt, NonceLength));
        using var cipher = key.Cipher(TagLength);
        cipher.Encrypt(envelope.AsSpan(NonceAt, NonceLength), plain, envelope.AsSpan(ValueAt), envelope.AsSpan(TagAt, TagLength), Encoding.UTF8.GetBytes(name));
        return envelope;
    }

    /// <summary>Opens an envelope.</summary>
    /// <exception cref="StoreException">It was sealed with another key, or is not what was sealed under this name.</exception>
    public static string Open(SecretKey key, string name, ReadOnlySpan<byte> envelope)
    {
        if (ProblemOf(key, name, envelope) is { } problem)
        {
            throw new StoreException(StoreFailure.WrongKey, $"the secret '{name}' cannot be read: {problem}");
        }

        if (envelope.Length <= ValueAt || envelope[0] != Format)
        {
            throw Damaged(name, null);
        }

        var plain = new byte[envelope.Length - ValueAt];
        try
        {
            using var cipher = key.Cipher(TagLength);
            cipher.Decrypt(envelope.Slice(NonceAt, NonceLength), envelope[ValueAt..], envelope.Slice(TagAt, TagLength), plain, Encoding.UTF8.GetBytes(name));
            return Encoding.UTF8.GetString(plain);
        }
        catch (AuthenticationTagMismatchException exception)
        {
            throw Damaged(name, exception);
        }
    }

    /// <summary>Why the envelope cannot be opened, as far as that can be said without trying: it names another key. Null when it does not.</summary>
    public static string? ProblemOf(SecretKey key, string name, ReadOnlySpan<byte> envelope) => envelope.Length < NonceAt || envelope[MarkAt..NonceAt].SequenceEqual(key.Mark)
        ? null
        : $"it was sealed with another key than that in {key.Path}, which was lost or replaced; put the old file back and start again, or set it anew with `faas secret set {name}`";

    private static StoreException Damaged(string name, Exception? inner) => new(
        StoreFailure.Damaged, $"the secret '{name}' cannot be read: what is stored under its name was changed, or belongs to another one; set it anew with `faas secret set {name}`", inner);
}
