using System.Globalization;
using Faas.Contracts.Functions;
using Faas.Instances.Languages;

namespace Faas.Instances.Drivers.Processes;

/// <summary>
/// Command lines of <c>bwrap</c>. Run by root it keeps only the three capabilities with which <c>setpriv</c>, inside the finished sandbox, becomes the
/// instance's own user and drops the rest: so each instance has a user of its own on the host, and folders that only root can enter can still be
/// mounted. Run by anybody else it makes a user namespace.
/// </summary>
internal sealed class Bubblewrap
{
    /// <summary>Room in /tmp and /dev/shm, each; counted against the instance's memory.</summary>
    public const long TemporaryBytesMax = 64L * 1024 * 1024;

    /// <summary>The descriptor on which it reads the system call filter.</summary>
    public const int FilterDescriptor = 9;

    private static readonly string[] SystemFolders = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
    private static readonly string[] SystemFiles =
    [
        "/etc/alternatives", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/nsswitch.conf",
        "/etc/hosts", "/etc/resolv.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/localtime", "/etc/passwd", "/etc/group", "/etc/services", "/etc/protocols",
        "/etc/mime.types",
    ];

    private readonly string _program;
    private readonly IReadOnlyList<RuntimeInstallation> _installations;

    private Bubblewrap(string program, IReadOnlyList<RuntimeInstallation> installations)
    {
        _program = program;
        _installations = installations;
    }

    /// <summary>Bubblewrap, if it is installed and works here: kernels, containers and AppArmor can forbid it.</summary>
    public static async Task<Bubblewrap?> TryFindAsync(IReadOnlyList<RuntimeInstallation> installations, TimeProvider time, CancellationToken cancellationToken)
    {
        var bubblewrap = new Bubblewrap("bwrap", installations);
        var probe = bubblewrap.Arguments("/tmp", "/tmp", "/tmp", NetworkKind.None, uid: UserRange.First, hasFilter: false, ["true"]);
        return (await HostCommand.RunAsync(probe[0], probe.Skip(1), time, cancellationToken)).Succeeded ? bubblewrap : null;
    }

    /// <summary>The whole command line that runs <paramref name="command"/> in a sandbox.</summary>
    public List<string> Arguments(
        string sockets, string code, string runtime, NetworkKind network, int uid, bool hasFilter, IEnumerable<string> command)
    {
        var arguments = new List<string>
        {
            _program, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "faas", "--new-session",
            // The worker as process 1: when it dies the kernel ends all the others, and its sockets close.
            "--as-pid-1",
        };
        arguments.AddRange(Posix.IsRoot
            ? ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
            : ["--unshare-user", "--cap-drop", "ALL"]);
        if (network == NetworkKind.None)
        {
            arguments.Add("--unshare-net");
        }

        if (hasFilter)
        {
            arguments.AddRange(["--seccomp", FilterDescriptor.ToString(CultureInfo.InvariantCulture)]);
        }

        AddSystem(arguments);
        AddTemporary(arguments, "/tmp");
        AddRuntimes(arguments);
        AddMount(arguments, "--bind", sockets, "/run/faas");
        AddMount(arguments, "--ro-bind", code, "/code");
        AddMount(arguments, "--ro-bind", runtime, "/faas/runtime");
        arguments.AddRange(["--remount-ro", "/", "--chdir", "/code", "--"]);
        if (Posix.IsRoot)
        {
            var user = uid.ToString(CultureInfo.InvariantCulture);
            arguments.AddRange(
                ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs", "--"]);
        }

        arguments.AddRange(command);
        return arguments;
    }

    private static void AddSystem(List<string> arguments)
    {
        foreach (var folder in SystemFolders)
        {
            // On merged-/usr systems all but /usr are links into it.
            if (new DirectoryInfo(folder) is { LinkTarget: { } target })
            {
                arguments.AddRange(["--symlink", target, folder]);
            }
            else if (Directory.Exists(folder))
            {
                arguments.AddRange(["--ro-bind", folder, folder]);
            }
        }

        arguments.AddRange(["--perms", "0755", "--dir", "/etc"]);
        foreach (var file in SystemFiles)
        {
            arguments.AddRange(["--ro-bind-try", file, file]);
        }

        arguments.AddRange(["--proc", "/proc", "--dev", "/dev"]);
        AddTemporary(arguments, "/dev/shm");
        arguments.AddRange(["--remount-ro", "/dev"]);
    }

    private static void AddTemporary(List<string> arguments, string path) =>
        arguments.AddRange(["--perms", "1777", "--size", TemporaryBytesMax.ToString(CultureInfo.InvariantCulture), "--tmpfs", path]);

    private void AddRuntimes(List<string> arguments)
    {
        foreach (var prefix in _installations.Select(i => i.Prefix).Where(p => !IsBelow(p, "/usr")).Distinct())
        {
            AddMount(arguments, "--ro-bind", prefix, prefix);
        }

        foreach (var hidden in _installations.SelectMany(i => i.Hidden))
        {
            arguments.AddRange(["--perms", "0755", "--tmpfs", hidden, "--remount-ro", hidden]);
        }
    }

    /// <summary>Mounts, after making the parents by hand: those that bwrap makes by itself are mode 0700, which locks the instance's user out.</summary>
    private static void AddMount(List<string> arguments, string kind, string from, string to)
    {
        for (var slash = to.IndexOf('/', 1); slash > 0; slash = to.IndexOf('/', slash + 1))
        {
            arguments.AddRange(["--perms", "0755", "--dir", to[..slash]]);
        }

        arguments.AddRange([kind, from, to]);
    }

    private static bool IsBelow(string path, string folder) => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);
}
