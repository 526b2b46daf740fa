using System.Security.Cryptography;
using System.Text;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events;

/// <summary>Bodies of results that are too long for the store: one file each, in one folder. A file's time of modification says when it is forgotten.</summary>
public sealed class AnswerFiles(string folder, TimeProvider time)
{
    /// <summary>Longest body that the store has itself: with more, changes of state would be slowed by what is rarely read.</summary>
    public const int InStoreMax = 64 * 1024;

    /// <summary>Until its end is stored, a file is one that a crash may have left behind.</summary>
    private static readonly TimeSpan KeepUnclaimed = TimeSpan.FromDays(1);

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromHours(1);

    private DateTimeOffset _sweptAt;

    /// <summary>The file that takes up the body of an attempt's answer.</summary>
    public FileStream Create(ClaimKey claim)
    {
        Directory.CreateDirectory(folder);
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(claim.Id)))[..32];
        return new FileStream(Path.Combine(folder, $"{name}-{claim.Attempt}"), new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    /// <summary>Makes a written file survive a power cut, before the store refers to it. Returns its name.</summary>
    public string Keep(FileStream file)
    {
        file.Flush(flushToDisk: true);
        DurableFolder.Sync(folder);
        File.SetLastWriteTimeUtc(file.SafeFileHandle, (time.GetUtcNow() + KeepUnclaimed).UtcDateTime);
        return Path.GetFileName(file.Name);
    }

    /// <summary>The answer is kept until then.</summary>
    public void KeepUntil(string name, DateTimeOffset until) => File.SetLastWriteTimeUtc(Path.Combine(folder, name), until.UtcDateTime);

    /// <summary>Removes a body that nobody needs.</summary>
    public void Delete(string name) => File.Delete(Path.Combine(folder, name));

    /// <summary>The answer with its body; null when its file is gone.</summary>
    public async Task<StoredAnswerBody?> ReadAsync(StoredAnswer answer, CancellationToken ct)
    {
        if (answer.File is null)
        {
            return new StoredAnswerBody(answer.Status, answer.Headers, answer.Body);
        }

        try
        {
            return new StoredAnswerBody(answer.Status, answer.Headers, await File.ReadAllBytesAsync(Path.Combine(folder, answer.File), ct));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The first bytes of a body, wherever it is.</summary>
    public ReadOnlyMemory<byte> ReadBeginning(StoredAnswer answer, int lengthMax)
    {
        if (answer.File is null)
        {
            return answer.Body.Length <= lengthMax ? answer.Body : answer.Body[..lengthMax];
        }

        using var file = File.OpenRead(Path.Combine(folder, answer.File));
        var bytes = new byte[Math.Min(lengthMax, file.Length)];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Removes, once an hour, the files whose time is over.</summary>
    public Task SweepAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (now - _sweptAt < SweepPeriod || !Directory.Exists(folder))
        {
            return Task.CompletedTask;
        }

        _sweptAt = now;
        return Task.Run(() => Sweep(now, ct), ct);
    }

    private void Sweep(DateTimeOffset now, CancellationToken ct)
    {
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
        {
            ct.ThrowIfCancellationRequested();
            if (file.LastWriteTimeUtc <= now.UtcDateTime)
            {
                file.Delete();
            }
        }
    }
}
