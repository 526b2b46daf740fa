using Faas.Instances.Languages;

namespace Faas.Instances.HostImages;

/// <summary>Decides which files of the host the image gets: the runtimes, a shell with the usual small programs, their libraries, certificates, time zones.</summary>
internal static class HostFiles
{
    private static readonly string[] Programs =
    [
        "sh", "bash", "env", "cat", "ls", "cp", "mv", "rm", "mkdir", "rmdir", "chmod", "ln", "echo", "printf", "true", "false", "test", "sleep", "date", "id", "uname",
        "head", "tail", "cut", "sort", "uniq", "wc", "tr", "tee", "grep", "sed", "awk", "find", "xargs", "basename", "dirname", "readlink", "realpath", "mktemp",
        "df", "du", "nproc", "kill", "ps", "gzip", "tar", "touch", "seq", "timeout", "which",
    ];

    private static readonly string[] Shared =
    [
        "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted/pem", "/usr/lib/ssl", "/usr/share/zoneinfo", "/usr/lib/locale/C.utf8",
        "/etc/mime.types",
    ];

    private static readonly string[] ProgramFolders = ["/bin", "/usr/bin", "/usr/local/bin"];

    private static readonly string[] MountPoints = ["/proc", "/sys", "/dev", "/run/faas", "/code", "/faas/runtime", "/etc", "/var/tmp"];

    /// <summary>Collects them.</summary>
    public static async Task<RootFileSystem> CollectAsync(IReadOnlyList<RuntimeInstallation> installations, TimeProvider time, CancellationToken cancellationToken)
    {
        var root = new RootFileSystem();
        foreach (var folder in MountPoints)
        {
            root.AddFolder(folder);
        }

        root.AddFolder("/tmp", isOpen: true);
        root.AddText("/etc/passwd", "root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n");
        root.AddText("/etc/group", "root:x:0:\nnogroup:x:65534:\n");
        root.AddText("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");

        var binaries = new List<string>();
        foreach (var program in Programs.Select(Find).OfType<string>())
        {
            root.Add(program);
            binaries.Add(program);
        }

        foreach (var installation in installations)
        {
            AddInstallation(root, installation, binaries);
        }

        foreach (var path in Shared)
        {
            root.Add(path);
        }

        foreach (var library in await LibraryClosure.OfAsync(binaries, time, cancellationToken))
        {
            root.Add(library);
        }

        return root;
    }

    private static void AddInstallation(RootFileSystem root, RuntimeInstallation installation, List<string> binaries)
    {
        root.Add(installation.Program);
        binaries.Add(installation.Program);
        AddShortName(root, installation);
        foreach (var folder in installation.Folders)
        {
            root.Add(folder, path => IsUnneeded(path) || installation.Hidden.Contains(path));
            binaries.AddRange(Directory.EnumerateFiles(folder, "*.so*", SearchOption.AllDirectories).Where(f => !IsUnneeded(Path.GetDirectoryName(f)!)));
        }
    }

    /// <summary>Commands say <c>python3</c>, the program is <c>python3.11</c>.</summary>
    private static void AddShortName(RootFileSystem root, RuntimeInstallation installation)
    {
        foreach (var name in new[] { "python3", "python", "node", "dotnet" })
        {
            var path = Path.Combine(Path.GetDirectoryName(installation.Program)!, name);
            if (File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName == installation.Program)
            {
                root.Add(path);
            }
        }
    }

    /// <summary>Tests, tools and packages of the host. Compiled Python files stay: without them a stem would take 0.3 s instead of 0.1 s.</summary>
    private static bool IsUnneeded(string path) => Path.GetFileName(path) is "test" or "tests" or "idlelib" or "idle_test" or "turtledemo" or "ensurepip" or "lib2to3" or "tkinter"
        or "site-packages" or "dist-packages" || Path.GetFileName(path).StartsWith("config-3", StringComparison.Ordinal);

    private static string? Find(string program) =>
        ProgramFolders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
