using System.Security.Cryptography;

namespace Faas.Storage.Tests;

public sealed class BundleStoreTests : IDisposable
{
    private const long Limit = 1_000_000;
    private readonly StoreFolder _folder = new();
    private readonly BundleStore _store;

    public BundleStoreTests() => _store = new BundleStore(_folder.Path);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_saved_bundle_is_read_back_byte_for_byte()
    {
        var (digest, content) = Bundle(500_000);
        Assert.False(await _store.ExistsAsync(digest, Ct));
        await _store.SaveAsync(digest, new MemoryStream(content), Limit, Ct);
        Assert.True(await _store.ExistsAsync(digest, Ct));

        await using var stream = _store.Open(digest);
        var read = new MemoryStream();
        await stream.CopyToAsync(read, Ct);
        Assert.Equal(content, read.ToArray());
        Assert.Equal([digest], _store.List());
        Assert.True(File.Exists(Path.Combine(_folder.Path, digest + ".tar.gz")));
    }

    [Fact]
    public async Task A_bundle_with_another_digest_is_refused_and_leaves_nothing()
    {
        var (digest, content) = Bundle(1000);
        content[500] ^= 1;
        var exception = await Assert.ThrowsAsync<BundleException>(() => _store.SaveAsync(digest, new MemoryStream(content), Limit, Ct));
        Assert.Equal(BundleFailure.DigestMismatch, exception.Failure);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_bundle_over_the_limit_is_refused_before_it_is_read_to_its_end()
    {
        var endless = new EndlessStream();
        var exception = await Assert.ThrowsAsync<BundleException>(() => _store.SaveAsync(new string('a', 64), endless, Limit, Ct));
        Assert.Equal(BundleFailure.TooLarge, exception.Failure);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));

        var (digest, content) = Bundle((int)Limit);
        await _store.SaveAsync(digest, new MemoryStream(content), Limit, Ct);
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_nothing()
    {
        await Assert.ThrowsAsync<IOException>(() => _store.SaveAsync(new string('a', 64), new BrokenStream(), Limit, Ct));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task The_same_bundle_saved_many_times_at_once_is_there_once()
    {
        var (digest, content) = Bundle(100_000);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => _store.SaveAsync(digest, new MemoryStream(content), Limit, Ct)));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../../../etc/passwd")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/..")]
    public async Task A_digest_that_is_none_is_refused(string digest)
    {
        Assert.Equal(BundleFailure.InvalidDigest, Assert.Throws<BundleException>(() => _store.Open(digest)).Failure);
        Assert.Throws<BundleException>(() => _store.Delete(digest));
        await Assert.ThrowsAsync<BundleException>(() => _store.ExistsAsync(digest, Ct));
        await Assert.ThrowsAsync<BundleException>(() => _store.SaveAsync(digest, Stream.Null, Limit, Ct));
    }

    [Fact]
    public async Task A_deleted_bundle_is_gone_but_whoever_reads_it_can_finish()
    {
        var (digest, content) = Bundle(300_000);
        await _store.SaveAsync(digest, new MemoryStream(content), Limit, Ct);
        await using var stream = _store.Open(digest);
        _store.Delete(digest);
        _store.Delete(digest);
        Assert.Equal(BundleFailure.NotFound, Assert.Throws<BundleException>(() => _store.Open(digest)).Failure);
        Assert.Equal(content.Length, await CountAsync(stream));
    }

    [Fact]
    public async Task Uploads_that_a_killed_process_left_are_removed_at_start()
    {
        var (digest, content) = Bundle(10);
        await _store.SaveAsync(digest, new MemoryStream(content), Limit, Ct);
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, ".upload-1234"), "half", Ct);
        Assert.Equal([digest], new BundleStore(_folder.Path).List());
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    private static (string Digest, byte[] Content) Bundle(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        return (Convert.ToHexStringLower(SHA256.HashData(content)), content);
    }

    private static async Task<long> CountAsync(Stream stream)
    {
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Ct);
        return copy.Length;
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(buffer.Length);
    }

    private sealed class BrokenStream : MemoryStream
    {
        private bool _hasRead;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_hasRead)
            {
                throw new IOException("connection reset");
            }

            _hasRead = true;
            return ValueTask.FromResult(100);
        }
    }
}
