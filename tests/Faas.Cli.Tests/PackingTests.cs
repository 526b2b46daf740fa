using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using Faas.Cli.CommandLine;
using Faas.Cli.Packaging;

namespace Faas.Cli.Tests;

public sealed class PackingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_same_files_give_the_same_bundle_whenever_and_wherever_they_were_written()
    {
        _folder.Write("one/b.py", "b");
        _folder.Write("one/lib/a.py", "a");
        _folder.Write("two/lib/a.py", "a");
        _folder.Write("two/b.py", "b");
        File.SetLastWriteTimeUtc(_folder["two/b.py"], DateTime.UnixEpoch);
        File.SetUnixFileMode(_folder["two/b.py"], UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Assert.Equal((await PackAsync("one")).Digest, (await PackAsync("two")).Digest);
    }

    [Fact]
    public async Task A_changed_byte_name_or_executable_bit_changes_the_digest()
    {
        _folder.Write("s/a.py", "a");
        var first = (await PackAsync("s")).Digest;
        File.SetUnixFileMode(_folder["s/a.py"], UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        var executable = (await PackAsync("s")).Digest;
        _folder.Write("s/a.py", "b");
        var changed = (await PackAsync("s")).Digest;
        File.Move(_folder["s/a.py"], _folder["s/c.py"]);
        var renamed = (await PackAsync("s")).Digest;
        Assert.Equal(4, new[] { first, executable, changed, renamed }.Distinct().Count());
    }

    [Fact]
    public async Task Files_come_sorted_with_long_names_links_and_executable_bits()
    {
        var longName = string.Join('/', Enumerable.Repeat("a-long-folder-name", 12)) + "/x.py";
        _folder.Write("s/" + longName, "x");
        _folder.Write("s/z.sh", "z");
        File.SetUnixFileMode(_folder["s/z.sh"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(_folder["s/link"], "z.sh");

        var entries = await EntriesAsync(await PackAsync("s"));
        Assert.Equal([longName, "link", "z.sh"], entries.Select(entry => entry.Name));
        Assert.Equal((TarEntryType.SymbolicLink, "z.sh"), (entries[1].EntryType, entries[1].LinkName));
        Assert.True(entries[2].Mode.HasFlag(UnixFileMode.OtherExecute));
        Assert.False(entries[0].Mode.HasFlag(UnixFileMode.UserExecute));
    }

    [Fact]
    public void A_single_file_is_a_source()
    {
        _folder.Write("f.cs", "x");
        Assert.Equal("f.cs", Assert.Single(SourceTree.List(_folder["f.cs"])).Path);
    }

    [Fact]
    public void Version_control_caches_and_what_faasignore_names_are_left_out()
    {
        foreach (var path in (string[])["keep.py", ".git/config", "__pycache__/x.pyc", "bin/x.dll", "notes.md", "docs/a.txt", "deep/er/n.md", "deep/keep.txt", "important.md"])
        {
            _folder.Write("s/" + path, "x");
        }

        _folder.Write("s/.faasignore", "# comment\n*.md\n!important.md\ndocs/\n");
        Assert.Equal(["deep/keep.txt", "important.md", "keep.py"], SourceTree.List(_folder["s"], "bin").Select(file => file.Path));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../outside.txt")]
    [InlineData("sub/../../outside.txt")]
    public void A_link_that_leaves_the_source_is_refused_by_name(string target)
    {
        _folder.Write("outside.txt", "secret");
        _folder.Write("s/a.py", "a");
        File.CreateSymbolicLink(_folder["s/bad-link"], target);
        var error = Assert.Throws<CliException>(() => SourceTree.List(_folder["s"]));
        Assert.Equal(ExitCode.Refused, error.ExitCode);
        Assert.Contains("'bad-link'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipe_is_refused_by_name_instead_of_being_waited_for()
    {
        _folder.Write("s/a.py", "");
        await Process.Start("mkfifo", [_folder["s/pipe"]]).WaitForExitAsync(TestContext.Current.CancellationToken);
        var error = Assert.Throws<CliException>(() => SourceTree.List(_folder["s"]));
        Assert.Contains("'pipe'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_large_bundles_are_refused_with_the_biggest_files_named()
    {
        _folder.Write("s/small.py", "x");
        File.WriteAllBytes(_folder["s/model.bin"], new byte[300_000]);
        File.WriteAllBytes(_folder["s/noise.bin"], Noise(200_000));

        var unpacked = await Assert.ThrowsAsync<CliException>(() => PackAsync("s", new BundleLimits(1_000_000, 400_000)));
        Assert.Equal(ExitCode.Refused, unpacked.ExitCode);
        Assert.Contains("unpacked", unpacked.Message, StringComparison.Ordinal);
        Assert.EndsWith("model.bin", unpacked.Details[0], StringComparison.Ordinal);

        var packed = await Assert.ThrowsAsync<CliException>(() => PackAsync("s", new BundleLimits(100_000, 1_000_000)));
        Assert.Contains("packed; the limit", packed.Message, StringComparison.Ordinal);
    }

    private async Task<Bundle> PackAsync(string source, BundleLimits? limits = null) =>
        await BundlePacker.PackAsync(SourceTree.List(_folder[source]), _folder[Guid.NewGuid() + ".tar.gz"], limits ?? BundleLimits.Standard, TestContext.Current.CancellationToken);

    private static async Task<List<TarEntry>> EntriesAsync(Bundle bundle)
    {
        var entries = new List<TarEntry>();
        await using var file = File.OpenRead(bundle.Path);
        await using var gzip = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(gzip);
        while (await tar.GetNextEntryAsync(copyData: true, TestContext.Current.CancellationToken) is { } entry)
        {
            entries.Add(entry);
        }

        return entries;
    }

    private static byte[] Noise(int length)
    {
        var noise = new byte[length];
        new Random(1).NextBytes(noise);
        return noise;
    }
}
