using System.Security.Cryptography;
using System.Text;

namespace Faas.Contracts.Hosting;

/// <summary>
/// Where everything of one platform lives. Everything that must survive is below <see cref="Root"/>; sockets are below
/// <see cref="Run"/>, which is a short path because a unix socket's path has at most 107 bytes.
/// </summary>
public sealed class DataFolder
{
    /// <summary>Longest root that leaves room for the longest socket below it (<c>/run/i/{10}/s/worker.sock</c>).</summary>
    private const int RootLengthMax = 70;

    /// <summary>The folder <paramref name="root"/>, made absolute. Nothing is created.</summary>
    public DataFolder(string root)
    {
        Root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        Run = Encoding.UTF8.GetByteCount(Root) <= RootLengthMax
            ? Path.Combine(Root, "run")
            : Path.Combine("/tmp", "faas-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Root)))[..12]);
    }

    /// <summary>The folder the user named, absolute.</summary>
    public string Root { get; }

    /// <summary>Sockets and instance folders; gone after a reboot without loss. Mode 0711.</summary>
    public string Run { get; }

    /// <summary>The embedded store.</summary>
    public string Database => Path.Combine(Root, "faas.db");

    /// <summary>Bundles as uploaded: <c>{sha256}.tar.gz</c>.</summary>
    public string Bundles => Path.Combine(Root, "bundles");

    /// <summary>Unpacked and compiled code: one folder a build digest, immutable once it has that name.</summary>
    public string Code => Path.Combine(Root, "code");

    /// <summary>The gateway's usage journal segments.</summary>
    public string Journal => Path.Combine(Root, "journal");

    /// <summary>Function logs.</summary>
    public string Logs => Path.Combine(Root, "logs");

    /// <summary>Long results of asynchronous invocations.</summary>
    public string Answers => Path.Combine(Root, "answers");

    /// <summary>The key that signs what is sent to addresses, mode 0600.</summary>
    public string CallbackKeyFile => Path.Combine(Root, "callback.key");

    /// <summary>The key that secrets in the store are sealed with, mode 0600. Without it they cannot be read.</summary>
    public string SecretKeyFile => Path.Combine(Root, "secrets.key");

    /// <summary>What was learned of the functions' idle times.</summary>
    public string IdleTimes => Path.Combine(Root, "idle-times.json");

    /// <summary>The management API's key, mode 0600.</summary>
    public string AdminKeyFile => Path.Combine(Root, "admin.key");

    /// <summary>Where the running platform listens, as JSON: <c>{"pid","publicUrl","adminUrl"}</c>; how the CLI finds it.</summary>
    public string EndpointsFile => Path.Combine(Root, "endpoints.json");

    /// <summary>Held locked by whoever runs a controller on this folder.</summary>
    public string LockFile => Path.Combine(Root, "lock");

    /// <summary>The gRPC link, listened on by the controller.</summary>
    public string ControllerSocket => Path.Combine(Run, "controller.sock");

    /// <summary>The gateway's internal listener: same paths as the public one.</summary>
    public string GatewaySocket => Path.Combine(Run, "gateway.sock");

    /// <summary>One folder for each instance: <c>{id}/s</c> (sockets) and <c>{id}/code</c>.</summary>
    public string Instances => Path.Combine(Run, "i");
}
