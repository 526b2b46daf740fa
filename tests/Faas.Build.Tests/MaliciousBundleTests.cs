using System.Formats.Tar;
using System.Text;
using Faas.Controller.Build;

namespace Faas.Build.Tests;

public sealed class MaliciousBundleTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly string _target;

    public MaliciousBundleTests()
    {
        _target = _folder.Below("target");
        Directory.CreateDirectory(_target);
    }

    public void Dispose()
    {
        Assert.Equal([_target], Directory.GetFileSystemEntries(_folder.Path));   // nothing was written beside the target
        _folder.Dispose();
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("a/../../evil")]
    [InlineData("a/..")]
    [InlineData("/etc/evil")]
    [InlineData("//evil")]
    public void A_name_that_leads_out_is_refused_by_name(string name) => AssertRefused(new Bundle().File(name, "x"), $"'{name}'");

    [Theory]
    [InlineData("../evil/")]
    [InlineData("/evil/")]
    public void A_folder_that_leads_out_is_refused_by_name(string name) => AssertRefused(new Bundle().Folder(name), $"'{name}'");

    [Theory]
    [InlineData("link", "/etc/passwd")]
    [InlineData("link", "..")]
    [InlineData("link", "../target/a")]
    [InlineData("d/link", "../../evil")]
    [InlineData("d/link", "./.././../evil")]
    public void A_link_that_leaves_the_bundle_is_refused_by_name(string name, string target) =>
        AssertRefused(new Bundle().File("a", "x").Link(name, target), $"'{name}'");

    [Fact]
    public void A_link_that_leaves_only_by_way_of_other_links_is_refused()
    {
        // By its text `d/e/up/..` is `d/e`; but `up` leads to the root, and `..` from there leads out.
        AssertRefused(new Bundle().Folder("d/e/").Link("d/e/up", "../..").Link("out", "d/e/up/.."), "'out'");
        AssertRefused(new Bundle().Link("out", "d/e/up/..").Folder("d/e/").Link("d/e/up", "../.."), "'out'");
    }

    [Fact]
    public void Links_in_a_circle_are_refused()
    {
        AssertRefused(new Bundle().Link("a", "b").Link("b", "a"), "circle");
        AssertRefused(new Bundle().Link("me", "me"), "circle");
        AssertRefused(new Bundle().Link("grow", "grow/x"), "circle");
    }

    [Theory]
    [InlineData("link/evil")]
    [InlineData("link/deeper/evil")]
    public void An_entry_that_would_be_written_through_a_link_is_refused(string name) =>
        AssertRefused(new Bundle().Folder("d/").Link("link", "d").File(name, "x"), $"'{name}'");

    [Fact]
    public void A_second_entry_in_the_place_of_a_link_is_refused()
    {
        AssertRefused(new Bundle().Link("link", "a").File("link", "x"), "'link' occurs twice");
        AssertRefused(new Bundle().Link("link", "d").Folder("link/"), "'link/'");
        AssertRefused(new Bundle().File("a", "x").File("./a", "y"), "'./a' occurs twice");
        AssertRefused(new Bundle().File("a", "x").File("a/b", "y"), "'a/b'");
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../evil")]
    [InlineData("later")]
    [InlineData("link")]
    public void A_hard_link_to_anything_but_an_earlier_file_is_refused(string target) =>
        AssertRefused(new Bundle().Link("link", "/etc").HardLink("hard", target).File("later", "x"), "");

    [Theory]
    [InlineData(TarEntryType.CharacterDevice)]
    [InlineData(TarEntryType.BlockDevice)]
    [InlineData(TarEntryType.Fifo)]
    public void Devices_and_pipes_are_refused_by_name(TarEntryType type) => AssertRefused(new Bundle().Entry(new PaxTarEntry(type, "dev/evil")), "'dev/evil'");

    [Theory]
    [InlineData('S')]   // sparse
    [InlineData('M')]   // the rest of another volume
    [InlineData('V')]   // a volume's label
    [InlineData('N')]
    public void Kinds_of_entries_that_are_no_files_are_refused(char type) =>
        AssertRefused(Bundle.Gzip(Bundle.RawHeader("evil", type, 0), new byte[1024]), "");

    [Fact]
    public void Names_that_are_too_long_or_have_control_characters_are_refused()
    {
        AssertRefused(new Bundle().File(new string('n', 256), "x"), "nnn...");
        AssertRefused(new Bundle().File(string.Join('/', Enumerable.Repeat("n", 600)), "x"), "1,024 bytes");
        var exception = AssertRefused(new Bundle().File("a\u001b[2Jb\rc", "x"), "'a?[2Jb?c'");
        Assert.DoesNotContain(exception.Message, char.IsControl);
        AssertRefused(new Bundle().File("a\nb", "x"), "");
    }

    [Fact]
    public void A_bomb_is_stopped_at_the_limit_however_small_it_is_packed()
    {
        var zeros = new byte[1024 * 1024];
        var bomb = Bundle.Gzip([Bundle.RawHeader("zeros", '0', 400L * zeros.Length), .. Enumerable.Repeat(zeros, 400), new byte[1024]]);
        Assert.InRange(bomb.Length, 1, 5_000_000);

        var exception = Assert.Throws<BuildException>(() => Unpack(bomb, new BundleLimits()));

        Assert.Equal(BuildErrors.BundleTooLarge, exception.Kind);
        Assert.InRange(new FileInfo(Path.Combine(_target, "zeros")).Length, 1, 250_000_000);
    }

    [Fact]
    public void A_bomb_of_many_small_files_copies_or_bytes_behind_the_end_is_stopped()
    {
        var limits = new BundleLimits { UnpackedBytesMax = 100_000, EntriesMax = 50 };
        var copies = new Bundle().File("f", new byte[10_000]);
        for (var i = 0; i < 20; i++)
        {
            copies.HardLink($"copy{i}", "f");
        }

        AssertTooLarge(copies.Pack(), limits);
        AssertTooLarge(Bundle.Gzip(new Bundle().File("g", "x").Tar(), new byte[10_000_000]), limits);
    }

    [Fact]
    public void Too_many_entries_are_refused_and_implied_folders_count()
    {
        var limits = new BundleLimits { EntriesMax = 50 };
        var many = new Bundle();
        for (var i = 0; i < 51; i++)
        {
            many.File($"f{i}", "");
        }

        AssertTooLarge(many.Pack(), limits);
        AssertTooLarge(new Bundle().File(string.Join('/', Enumerable.Repeat("d", 51)), "").Pack(), limits);
    }

    [Fact]
    public void A_packed_file_over_the_limit_is_refused()
    {
        var noise = new byte[200_000];
        new Random(1).NextBytes(noise);
        AssertTooLarge(new Bundle().File("noise", noise).Pack(), new BundleLimits { PackedBytesMax = 100_000 });
    }

    [Theory]
    [InlineData('x', 2_000_000_000)]
    [InlineData('L', 2_000_000_000)]
    [InlineData('g', 2_000_000_000)]
    [InlineData('x', 8_000_000_000)]
    public void A_header_that_claims_gigabytes_takes_no_more_than_it_really_has(char type, long claimed)
    {
        var zeros = new byte[1024 * 1024];
        AssertRefused(Bundle.Gzip([Bundle.RawHeader("h", type, claimed), .. Enumerable.Repeat(zeros, 20)]), "header after its beginning");
    }

    [Theory]
    [InlineData("size=-1")]
    [InlineData("size=99999999999999999999999")]
    [InlineData("size=abc")]
    [InlineData("path=../evil")]
    [InlineData("path=/evil")]
    [InlineData("path=")]
    [InlineData("mtime=1e999999")]
    [InlineData("no equals sign")]
    public void An_extended_header_with_nonsense_is_refused_or_harmless(string record)
    {
        var line = $" {record}\n";
        var text = Encoding.UTF8.GetBytes($"{line.Length + 2}{line}");
        var block = new byte[512];
        text.CopyTo(block, 0);
        var packed = Bundle.Gzip(Bundle.RawHeader("x", 'x', text.Length), block, Bundle.RawHeader("f", '0', 1), new byte[512], new byte[1024]);
        Assert.True(Record.Exception(() => Unpack(packed, new BundleLimits())) is null or BuildException);
    }

    [Fact]
    public void A_file_that_is_shorter_than_its_header_says_is_refused() =>
        AssertRefused(Bundle.Gzip(Bundle.RawHeader("short", '0', 1_000_000), new byte[512]), "not a whole tar.gz");

    private void AssertTooLarge(byte[] packed, BundleLimits limits) =>
        Assert.Equal(BuildErrors.BundleTooLarge, Assert.Throws<BuildException>(() => Unpack(packed, limits)).Kind);

    private BuildException AssertRefused(Bundle bundle, string message) => AssertRefused(bundle.Pack(), message);

    private BuildException AssertRefused(byte[] packed, string message)
    {
        var exception = Assert.Throws<BuildException>(() => Unpack(packed, new BundleLimits()));
        Assert.Equal(BuildErrors.InvalidBundle, exception.Kind);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        return exception;
    }

    private void Unpack(byte[] packed, BundleLimits limits)
    {
        Directory.Delete(_target, recursive: true);
        Directory.CreateDirectory(_target);
        new BundleUnpacker(limits).Unpack(new MemoryStream(packed), Bundle.DigestOf(packed), _target, TestContext.Current.CancellationToken);
    }
}
