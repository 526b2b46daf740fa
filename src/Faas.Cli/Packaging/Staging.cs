namespace Faas.Cli.Packaging;

/// <summary>A copy of the source that tools may write into, so that they leave the user's folder as it is.</summary>
internal static class Staging
{
    public static void Copy(IReadOnlyList<SourceFile> files, string folder)
    {
        foreach (var file in files)
        {
            var target = Path.Combine(folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (file.LinkTarget is { } link)
            {
                File.CreateSymbolicLink(target, link);
            }
            else
            {
                File.Copy(file.FullPath, target);
            }
        }
    }
}
