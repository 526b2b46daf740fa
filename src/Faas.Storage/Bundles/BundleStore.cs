using System.Buffers;
using System.Security.Cryptography;

namespace Faas.Storage;

/// <summary>
/// Bundles as files, named by their SHA-256: <c>{digest}.tar.gz</c>. A file has its name only when it is complete and on the disk, so a
/// name that exists can be trusted. One process owns the folder.
/// </summary>
public sealed class BundleStore
{
    private const string Suffix = ".tar.gz";
    private const string UploadPrefix = ".upload-";
    private readonly string _folder;

    /// <summary>Creates the folder if it is missing and removes uploads that an earlier process did not finish.</summary>
    public BundleStore(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var leftover in Directory.EnumerateFiles(folder, UploadPrefix + "*"))
        {
            File.Delete(leftover);
        }
    }

    /// <summary>Whether <paramref name="digest"/> has the form of a digest: 64 characters of lower-case hex.</summary>
    public static bool IsDigest(string digest) => digest.Length == 64 && digest.All(char.IsAsciiHexDigitLower);

    /// <summary>Whether the bundle is here.</summary>
    public Task<bool> ExistsAsync(string digest, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(File.Exists(PathOf(digest)));
    }

    /// <summary>Keeps <paramref name="content"/>; durable when it completes. Saving the same bundle again, or twice at once, is harmless.</summary>
    /// <exception cref="BundleException">More than <paramref name="maxBytes"/>, or not what <paramref name="expectedDigest"/> says.</exception>
    public async Task SaveAsync(string expectedDigest, Stream content, long maxBytes, CancellationToken ct)
    {
        var path = PathOf(expectedDigest);
        var upload = Path.Combine(_folder, UploadPrefix + Guid.NewGuid().ToString("N"));
        try
        {
            string digest;
            await using (var file = new FileStream(upload, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous))
            {
                digest = await CopyAndHashAsync(content, file, maxBytes, ct);
                file.Flush(flushToDisk: true);
            }

            if (digest != expectedDigest)
            {
                throw new BundleException(BundleFailure.DigestMismatch, $"The bundle's SHA-256 is {digest}, not {expectedDigest} as announced; upload it again.");
            }

            File.Move(upload, path, overwrite: true);
            DurableFolder.Sync(_folder);
        }
        finally
        {
            File.Delete(upload);   // nothing to delete once it was renamed
        }
    }

    /// <summary>Opens the bundle for reading from its beginning.</summary>
    /// <exception cref="BundleException">It is not here.</exception>
    public Stream Open(string digest)
    {
        try
        {
            return new FileStream(PathOf(digest), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 64 * 1024, FileOptions.SequentialScan);
        }
        catch (FileNotFoundException)
        {
            throw new BundleException(BundleFailure.NotFound, $"There is no bundle {digest}; upload it first.");
        }
    }

    /// <summary>Removes the bundle; one that is not here is no error.</summary>
    public void Delete(string digest) => File.Delete(PathOf(digest));

    /// <summary>The digests of all bundles.</summary>
    public IReadOnlyList<string> List() =>
        [.. Directory.EnumerateFiles(_folder, "*" + Suffix).Select(file => Path.GetFileName(file)[..^Suffix.Length]).Where(IsDigest)];

    private static async Task<string> CopyAndHashAsync(Stream from, FileStream to, long maxBytes, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            long total = 0;
            for (int read; (read = await from.ReadAsync(buffer, ct)) > 0;)
            {
                total += read;
                if (total > maxBytes)
                {
                    throw new BundleException(BundleFailure.TooLarge, $"The bundle is larger than {maxBytes:N0} bytes; leave out what the function does not need.");
                }

                hash.AppendData(buffer.AsSpan(0, read));
                await to.WriteAsync(buffer.AsMemory(0, read), ct);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private string PathOf(string digest) => IsDigest(digest)
        ? Path.Combine(_folder, digest + Suffix)
        : throw new BundleException(BundleFailure.InvalidDigest, "A bundle's digest is its SHA-256 as 64 characters of lower-case hex.");
}
