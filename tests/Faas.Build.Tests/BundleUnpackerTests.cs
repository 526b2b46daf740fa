using System.Diagnostics;
using Faas.Controller.Build;

namespace Faas.Build.Tests;

public sealed class BundleUnpackerTests : IDisposable
{
    private const UnixFileMode Mode0644 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Mode0755 = Mode0644 | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private readonly TestFolder _folder = new();
    private readonly string _target;

    public BundleUnpackerTests()
    {
        _target = _folder.Below("target");
        Directory.CreateDirectory(_target);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_folders_and_long_names_arrive_as_they_were()
    {
        var longName = string.Join('/', Enumerable.Repeat(new string('n', 90), 5)) + "/größe.txt";
        Unpack(new Bundle().Folder("./").File("./handler.py", "print()").Folder("empty/").File("a/b/c.txt", "deep").File(longName, "long").File("none", "").Pack());

        Assert.Equal("print()", Read("handler.py"));
        Assert.Equal("deep", Read("a/b/c.txt"));
        Assert.Equal("long", Read(longName));
        Assert.Equal("", Read("none"));
        Assert.True(Directory.Exists(Path.Combine(_target, "empty")));
    }

    [Fact]
    public void Modes_are_normalised_and_only_the_executable_bit_is_kept()
    {
        Unpack(new Bundle()
            .File("secret", "", UnixFileMode.UserRead)
            .File("open", "", Mode0755 | UnixFileMode.OtherWrite | UnixFileMode.SetUser | UnixFileMode.StickyBit)
            .Folder("folder/")
            .Pack());
        Assert.Equal(Mode0644, File.GetUnixFileMode(Path.Combine(_target, "secret")));
        Assert.Equal(Mode0755, File.GetUnixFileMode(Path.Combine(_target, "open")));
        Assert.Equal(Mode0755, File.GetUnixFileMode(Path.Combine(_target, "folder")));
        Assert.Equal(Mode0755, File.GetUnixFileMode(_target));
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("pax")]
    [InlineData("ustar")]
    [InlineData("v7")]
    public async Task What_the_tar_program_packs_is_unpacked(string format)
    {
        var source = Directory.CreateDirectory(_folder.Below("source")).FullName;
        var longName = new string('x', 60) + "/" + new string('y', 30);   // v7 has room for 100 bytes
        Directory.CreateDirectory(Path.Combine(source, longName[..60]));
        await File.WriteAllTextAsync(Path.Combine(source, longName), "content", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(Path.Combine(source, "link"), longName);
        var packed = _folder.Below("bundle.tar.gz");
        using (var tar = Process.Start("tar", ["--format", format, "-czf", packed, "-C", source, "."]))
        {
            await tar.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, tar.ExitCode);
        }

        Unpack(await File.ReadAllBytesAsync(packed, TestContext.Current.CancellationToken));
        Assert.Equal("content", Read(longName));
        Assert.Equal("content", Read("link"));
    }

    [Theory]
    [InlineData("node_modules/.bin/tool", "../tool/cli.js")]
    [InlineData("current", "node_modules/tool")]
    [InlineData("self/me", "..")]
    [InlineData("dangling", "not/there")]
    public void A_link_that_stays_inside_is_kept(string name, string target)
    {
        Unpack(new Bundle().File("node_modules/tool/cli.js", "").Link(name, target).Pack());
        Assert.Equal(target, new FileInfo(Path.Combine(_target, name)).LinkTarget);
    }

    [Fact]
    public void A_hard_link_becomes_a_file_of_its_own()
    {
        Unpack(new Bundle().File("a", "content", Mode0755).HardLink("b", "a").Pack());
        File.WriteAllText(Path.Combine(_target, "a"), "changed");
        Assert.Equal("content", Read("b"));
        Assert.Equal(Mode0755, File.GetUnixFileMode(Path.Combine(_target, "b")));
    }

    [Fact]
    public void A_bundle_without_any_entry_is_an_empty_folder()
    {
        Unpack(Bundle.Gzip(new byte[1024]));
        Assert.Empty(Directory.GetFileSystemEntries(_target));
    }

    [Fact]
    public void A_bundle_whose_digest_differs_is_refused()
    {
        var packed = new Bundle().File("a", "content").Pack();
        var exception = Assert.Throws<BuildException>(() => Unpack(packed, digest: new string('0', 64)));
        Assert.Equal(BuildErrors.InvalidBundle, exception.Kind);
        Assert.Contains("SHA-256", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_byte_is_damaged_the_answer_is_typed()
    {
        var good = new Bundle().File("a.txt", "some content that is long enough").Link("l", "a.txt").Pack();
        for (var i = 0; i < good.Length; i++)
        {
            var bad = (byte[])good.Clone();
            bad[i] ^= 0xFF;
            Directory.Delete(_target, recursive: true);
            Directory.CreateDirectory(_target);
            Assert.Throws<BuildException>(() => Unpack(bad, digest: Bundle.DigestOf(good)));
        }
    }

    [Fact]
    public void Random_bytes_inside_a_right_gzip_are_answered_with_a_typed_error_or_unpacked_inside()
    {
        var tar = new Bundle().File("a.txt", "content").Link("l", "a.txt").File(new string('n', 200), "x").Tar();
        var random = new Random(20261122);
        for (var i = 0; i < 300; i++)
        {
            var bad = (byte[])tar.Clone();
            for (var flips = random.Next(1, 6); flips > 0; flips--)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }

            Directory.Delete(_target, recursive: true);
            Directory.CreateDirectory(_target);
            Assert.True(Record.Exception(() => Unpack(Bundle.Gzip(bad))) is null or BuildException);
            Assert.Equal([_target], Directory.GetFileSystemEntries(_folder.Path));
        }
    }

    [Fact]
    public void A_bundle_that_breaks_off_is_refused_unless_only_its_checksum_is_missing()
    {
        var good = new Bundle().File("a.txt", "first").File("b.txt", "last").Pack();
        for (var length = 0; length < good.Length; length++)
        {
            Directory.Delete(_target, recursive: true);
            Directory.CreateDirectory(_target);
            if (Record.Exception(() => Unpack(good[..length])) is { } exception)
            {
                Assert.IsType<BuildException>(exception);
                continue;
            }

            Assert.True(length > good.Length - 50);
            Assert.Equal("last", Read("b.txt"));
        }
    }

    [Fact]
    public void A_file_that_is_no_archive_is_refused()
    {
        AssertRefused("#!/bin/sh"u8.ToArray(), "not a whole tar.gz");
        AssertRefused(Bundle.Gzip(Enumerable.Repeat((byte)'x', 4096).ToArray()), "tar.gz");
    }

    private void AssertRefused(byte[] packed, string message)
    {
        var exception = Assert.Throws<BuildException>(() => Unpack(packed));
        Assert.Equal(BuildErrors.InvalidBundle, exception.Kind);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private string Read(string path) => File.ReadAllText(Path.Combine(_target, path));

    private void Unpack(byte[] packed, string? digest = null) => new BundleUnpacker(new BundleLimits())
        .Unpack(new MemoryStream(packed), digest ?? Bundle.DigestOf(packed), _target, TestContext.Current.CancellationToken);
}
