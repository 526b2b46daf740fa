using Docker.DotNet;
using Docker.DotNet.Models;
using Faas.Instances.Languages;

namespace Faas.Instances.Drivers.Docker;

/// <summary>
/// The bridge of functions with egress. Containers on it cannot reach each other; as root, also not this host nor the cloud's metadata service.
/// Made when first needed.
/// </summary>
internal sealed class EgressNetwork(DockerClient client, EngineCall engine, string node, TimeProvider time) : IDisposable
{
    private readonly string _bridge = "faas-" + node;   // an interface's name has at most 15 characters
    private readonly SemaphoreSlim _making = new(1);
    private volatile bool _exists;

    /// <summary>Its name.</summary>
    public string Name { get; } = "faas-egress-" + node;

    /// <summary>Chain and rule, in the order in which they must match.</summary>
    private IEnumerable<(string Chain, string[] Rule)> Rules =>
    [
        // Answers to connections that the gateway opens to a container.
        ("INPUT", ["-i", _bridge, "-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "ACCEPT"]),
        ("INPUT", ["-i", _bridge, "-j", "DROP"]),
        ("DOCKER-USER", ["-i", _bridge, "-d", "169.254.0.0/16", "-j", "DROP"]),
        ("DOCKER-USER", ["-i", _bridge, "-d", "100.100.100.200/32", "-j", "DROP"]),
    ];

    /// <summary>Makes it unless it exists.</summary>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (_exists)
        {
            return;
        }

        await _making.WaitAsync(cancellationToken);
        try
        {
            if (!_exists)
            {
                await CreateAsync(cancellationToken);
                await AddRulesAsync(cancellationToken);
                _exists = true;
            }
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>Looks again next time: an engine that was restarted or cleaned may have lost it.</summary>
    public void Forget() => _exists = false;

    /// <summary>Removes it and its rules, also those of an earlier process.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await engine.RunAsync("remove a network", () => client.Networks.DeleteNetworkAsync(Name, cancellationToken), cancellationToken);
        }
        catch (DriverException)
        {
            // It does not exist, or the engine is away, and then an empty network is the smallest of all problems.
        }

        if (Posix.IsRoot)
        {
            foreach (var (chain, rule) in Rules)
            {
                while ((await IptablesAsync("-D", chain, rule, cancellationToken)).Succeeded)
                {
                    // Until none is left.
                }
            }
        }
    }

    public void Dispose() => _making.Dispose();

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await engine.RunAsync("make a network", () => client.Networks.CreateNetworkAsync(
                new NetworksCreateParameters
                {
                    Name = Name,
                    Driver = "bridge",
                    CheckDuplicate = true,
                    Labels = new Dictionary<string, string> { [ContainerPlan.NodeLabel] = node },
                    Options = new Dictionary<string, string>
                    {
                        ["com.docker.network.bridge.enable_icc"] = "false",
                        ["com.docker.network.bridge.name"] = _bridge,
                    },
                },
                cancellationToken), cancellationToken);
        }
        catch (DriverException e) when (e.IsConflict)
        {
            // Left by an earlier process: the same one.
        }
    }

    private async Task AddRulesAsync(CancellationToken cancellationToken)
    {
        if (!Posix.IsRoot)
        {
            return;
        }

        // Inserted at the top, so in reverse.
        foreach (var (chain, rule) in Rules.Reverse())
        {
            if ((await IptablesAsync("-C", chain, rule, cancellationToken)).Succeeded)
            {
                continue;
            }

            if (await IptablesAsync("-I", chain, rule, cancellationToken) is { Succeeded: false } failure)
            {
                throw new DriverException("start", $"iptables refused the rules that keep functions away from this host: {failure.Errors.Trim()}", isTransient: false);
            }
        }
    }

    private Task<HostCommand.Outcome> IptablesAsync(string verb, string chain, string[] rule, CancellationToken cancellationToken) =>
        HostCommand.RunAsync("iptables", ["-w", verb, chain, .. rule], time, cancellationToken);
}
