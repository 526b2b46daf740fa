namespace Faas.Instances.Drivers.Docker;

/// <summary>Says in plain words what the Docker sandbox protects from, and what not.</summary>
internal static class DockerIsolation
{
    public static string Describe()
    {
        const string Hardening = "hardened containers: users of their own, no capabilities, read-only file system, seccomp, memory, CPU and process limits. "
            + "Functions with 'network: none' have no network; functions with egress cannot reach each other";
        return Hardening + (Posix.IsRoot
            ? ", this machine or cloud metadata addresses."
            : ". That they cannot reach this machine and cloud metadata addresses is NOT enforced, because the controller is not root.");
    }
}
