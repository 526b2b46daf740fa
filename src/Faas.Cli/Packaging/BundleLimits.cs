using Faas.Cli.CommandLine;
using Faas.Cli.Output;

namespace Faas.Cli.Packaging;

/// <summary>How large a bundle may be. The platform has the same limits; checking here saves the upload.</summary>
internal sealed record BundleLimits(long PackedBytesMax, long UnpackedBytesMax)
{
    private const int BiggestShown = 5;

    /// <summary>50 MB packed and 250 MB unpacked: the figures that people know from other platforms.</summary>
    public static BundleLimits Standard { get; } = new(50L * 1024 * 1024, 250L * 1024 * 1024);

    public void CheckUnpacked(IReadOnlyList<SourceFile> files)
    {
        var total = files.Sum(file => file.Length);
        if (total > UnpackedBytesMax)
        {
            throw TooLarge($"The code is {Text.Bytes(total)} unpacked; the limit is {Text.Bytes(UnpackedBytesMax)}.", files);
        }
    }

    public void CheckPacked(long bytes, IReadOnlyList<SourceFile> files)
    {
        if (bytes > PackedBytesMax)
        {
            throw TooLarge($"The code is {Text.Bytes(bytes)} packed; the limit is {Text.Bytes(PackedBytesMax)}.", files);
        }
    }

    private static CliException TooLarge(string what, IReadOnlyList<SourceFile> files) => new(
        ExitCode.Refused,
        $"{what} Leave files out with a {IgnoreRules.FileName}; the biggest are:",
        [.. files.OrderByDescending(file => file.Length).Take(BiggestShown).Select(file => $"{Text.Bytes(file.Length),12}  {file.Path}")]);
}
