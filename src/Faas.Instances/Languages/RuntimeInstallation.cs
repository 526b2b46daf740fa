namespace Faas.Instances.Languages;

/// <summary>A runtime found on the host.</summary>
/// <param name="Name">Its name in manifests.</param>
/// <param name="Program">Its program, absolute, no symbolic link and no shim.</param>
/// <param name="Version">Its version.</param>
/// <param name="Prefix">The folder below which all of it lies, save shared libraries.</param>
/// <param name="Folders">Folders it needs beside the program and its shared libraries.</param>
/// <param name="Hidden">Folders that functions must not see: packages installed on this host would work here and nowhere else.</param>
internal sealed record RuntimeInstallation(
    string Name, string Program, string Version, string Prefix, IReadOnlyList<string> Folders, IReadOnlyList<string> Hidden)
{
    /// <summary>A <c>PATH</c> with the runtimes' own programs first, so that commands find the same ones.</summary>
    public static string SearchPath(IEnumerable<RuntimeInstallation> installations) => string.Join(':',
        installations.Select(i => Path.GetDirectoryName(i.Program)!).Concat(["/usr/local/bin", "/usr/bin", "/bin"]).Distinct());
}
