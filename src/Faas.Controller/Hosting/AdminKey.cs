using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Faas.Controller.Hosting;

/// <summary>The management API's key: a file that only the platform's user can read, made at the first start.</summary>
internal sealed class AdminKey(string key)
{
    private readonly byte[] _digest = SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>Reads the key, or makes one of 256 random bits.</summary>
    public static AdminKey ReadOrCreate(string path)
    {
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: >= 16 } existing)
        {
            return new AdminKey(existing);
        }

        var key = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(Encoding.UTF8.GetBytes(key + "\n"));
        return new AdminKey(key);
    }

    /// <summary>Whether <paramref name="presented"/> is the key, in a time that does not depend on it.</summary>
    public bool Matches(ReadOnlySpan<char> presented)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(presented.ToString()), digest);
        return CryptographicOperations.FixedTimeEquals(digest, _digest);
    }
}
