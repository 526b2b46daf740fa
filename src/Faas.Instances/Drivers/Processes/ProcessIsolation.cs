namespace Faas.Instances.Drivers.Processes;

/// <summary>Says in plain words what the process sandbox protects from, and what not.</summary>
internal static class ProcessIsolation
{
    public static string Describe(bool hasBubblewrap, bool hasControlGroups)
    {
        if (!hasBubblewrap)
        {
            return "NO ISOLATION: functions run as ordinary processes of this user, can read and change everything it can, and reach the network. "
                + "Install bubblewrap (apt install bubblewrap) or Docker before you run code that you did not write."
                + (hasControlGroups ? " Memory, CPU and process limits are enforced." : " Memory, CPU and process limits are not enforced.");
        }

        var user = Posix.IsRoot
            ? "each function instance has a user of its own"
            : "function instances run as this user in a user namespace";
        var limits = hasControlGroups
            ? "Memory, CPU and process limits are enforced."
            : "Memory, CPU, process and disk limits (beyond /tmp) are not enforced, because that takes root.";
        return $"bubblewrap: {user}, without capabilities, with a read-only file system, private /tmp, own process, IPC and host name spaces, and a system call filter. "
            + "Functions with 'network: none' have no network; functions with egress share this machine's network, including services on localhost. " + limits;
    }
}
