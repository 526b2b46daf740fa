namespace Faas.Instances.Folders;

/// <summary>Puts a function's code into an instance's folder: hard links (about 10 µs a file), copies where linking is impossible.</summary>
internal static class CodePlacement
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode DirectoryMode = Readable | Executable | UnixFileMode.UserWrite;

    /// <summary>Makes <paramref name="to"/>, which exists and is empty, look like <paramref name="from"/>. Files that others may not read are copied and made readable.</summary>
    public static void Place(string from, string to)
    {
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            var target = Path.Combine(to, entry.Name);
            if (entry.LinkTarget is { } linked)
            {
                File.CreateSymbolicLink(target, linked);
            }
            else if (entry is DirectoryInfo)
            {
                Directory.CreateDirectory(target);
                File.SetUnixFileMode(target, DirectoryMode);
                Place(entry.FullName, target);
            }
            else
            {
                PlaceFile((FileInfo)entry, target);
            }
        }
    }

    private static void PlaceFile(FileInfo file, string target)
    {
        var mode = file.UnixFileMode;
        if ((mode & Readable) == Readable && Posix.TryLink(file.FullName, target))
        {
            return;
        }

        file.CopyTo(target);
        File.SetUnixFileMode(target, Readable | UnixFileMode.UserWrite | ((mode & UnixFileMode.UserExecute) != 0 ? Executable : 0));
    }
}
