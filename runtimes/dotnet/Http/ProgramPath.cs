using Faas.Runtime.DotNet.Functions;

namespace Faas.Runtime.DotNet.Http;

/// <summary>Finds the command's program as a shell in the code directory would, and in the code directory itself.</summary>
internal static class ProgramPath
{
    /// <exception cref="FunctionLoadException">There is none.</exception>
    public static string Find(string program, string codeDirectory)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            var path = Path.GetFullPath(program, codeDirectory);
            return File.Exists(path) ? path : throw FunctionLoadException.Load($"the code has no file '{program}'");
        }

        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return folders.Append(codeDirectory).Select(folder => Path.Combine(folder, program)).FirstOrDefault(IsExecutable)
            ?? throw FunctionLoadException.Load($"the program '{program}' is neither in PATH nor in the code");
    }

    private static bool IsExecutable(string path) =>
        File.Exists(path) && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;
}
