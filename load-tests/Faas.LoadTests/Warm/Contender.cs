using System.Globalization;
using System.Net;

namespace Faas.LoadTests.Warm;

/// <summary>A server that is loaded in turn with the others.</summary>
/// <param name="Name"><c>platform</c>, <c>nginx</c>, <c>yarp</c> or <c>direct</c>.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="Groups">The processes that work while it is loaded.</param>
internal sealed record Contender(string Name, IPEndPoint Address, IReadOnlyList<ProcessGroup> Groups)
{
    /// <summary>The platform below <paramref name="up"/>: gateway, controller and instances.</summary>
    public static Contender Platform(Target target, int up)
    {
        var gateway = ProcessFiles.Find(up, "faas-gateway");
        var controller = ProcessFiles.Find(up, "faas-controller");
        int[] notInstances = [up, gateway, controller, Environment.ProcessId];
        return new Contender("platform", target.Callers,
        [
            new("gateway", () => [gateway]),
            new("controller", () => [controller]),
            new("worker", () => ProcessFiles.InstancesOf(target.Folder.Root).Except(notInstances)),
        ]);
    }

    /// <summary>A server that a script started, as <c>port:pid</c>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="portAndPid">What the script says.</param>
    /// <param name="behind">The workers behind it; null when it is the worker itself.</param>
    public static Contender Other(string name, string portAndPid, ProcessGroup? behind)
    {
        var parts = portAndPid.Split(':').Select(part => int.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        List<ProcessGroup> groups = [ProcessGroup.Tree(name, parts[1])];
        if (behind is not null)
        {
            groups.Add(behind with { Name = $"{name}Worker" });
        }

        return new Contender(name, new IPEndPoint(IPAddress.Loopback, parts[0]), groups);
    }
}
