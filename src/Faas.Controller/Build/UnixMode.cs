namespace Faas.Controller.Build;

/// <summary>The modes in a code folder. Set explicitly, whatever the process's umask is: the instance's own user has to read them.</summary>
internal static class UnixMode
{
    public const UnixFileMode File0644 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    public const UnixFileMode All0755 = File0644 | Execute;
    public const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static void Set(string path, UnixFileMode mode) => File.SetUnixFileMode(path, mode);

    public static bool IsExecutable(string file) => (File.GetUnixFileMode(file) & Execute) != 0;
}
