using System.Security.Cryptography;

namespace Faas.Storage;

/// <summary>What secrets are sealed with: 256 random bits in a file of its own, so that a copy of the database alone gives no secret away.</summary>
public sealed class SecretKey
{
    /// <summary>Bytes of <see cref="Mark"/>.</summary>
    internal const int MarkLength = 8;

    private const int Length = 32;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly byte[] _key;
    private readonly byte[] _mark;

    private SecretKey(byte[] key, string path)
    {
        (_key, Path) = (key, path);
        _mark = HMACSHA256.HashData(key, "faas secrets"u8)[..MarkLength];
    }

    /// <summary>The file that it is in.</summary>
    public string Path { get; }

    /// <summary>By which envelopes say what key opens them. Says nothing about the key.</summary>
    internal ReadOnlySpan<byte> Mark => _mark;

    /// <summary>Reads the key, 32 bytes as base64, or makes one. The file is its owner's alone, and has its name only once it is on the disk: half a key would be none.</summary>
    /// <exception cref="StoreException">The file holds something else, or cannot be read or written.</exception>
    public static SecretKey ReadOrCreate(string path)
    {
        try
        {
            return new SecretKey(File.Exists(path) ? Read(path) : Create(path), path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreFailure.CannotOpen, $"The key of the secrets, {path}, cannot be read or made: {exception.Message}", exception);
        }
    }

    internal AesGcm Cipher(int tagLength) => new(_key, tagLength);

    private static byte[] Read(string path)
    {
        var text = File.ReadAllText(path).Trim();
        var key = new byte[Length];
        return Convert.TryFromBase64String(text, key, out var length) && length == Length
            ? key
            : throw new StoreException(
                StoreFailure.WrongKey, $"{path} must hold the key of the secrets, {Length} bytes as base64. Put the file back from a copy, or remove it and set every secret anew.");
    }

    private static byte[] Create(string path)
    {
        var key = RandomNumberGenerator.GetBytes(Length);
        var unfinished = path + ".new";
        File.Delete(unfinished);   // of a start that was cut off; an older file would keep its mode
        using (var file = new FileStream(unfinished, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Private }))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(key) + "\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path);
        DurableFolder.Sync(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);   // a file's path has a folder
        return key;
    }
}
