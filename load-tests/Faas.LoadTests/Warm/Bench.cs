using Faas.Contracts.Functions;

namespace Faas.LoadTests.Warm;

/// <summary>What a scenario works with: the platform, whom it is compared with, and the plan.</summary>
internal sealed class Bench : IDisposable
{
    private readonly Arguments _arguments;
    private readonly Lazy<Contender> _platform;
    private readonly Lazy<Target> _target;

    public Bench(Arguments arguments)
    {
        _arguments = arguments;
        Plan = Plan.Of(arguments);
        _target = new Lazy<Target>(() => Target.Open(arguments["data"]));
        _platform = new Lazy<Contender>(() => Contender.Platform(Target, arguments.Number("pid")));
    }

    public Plan Plan { get; }

    /// <summary>The platform's API; for those who have a platform.</summary>
    public Target Target => _target.Value;

    public Contender Platform => _platform.Value;

    /// <summary>The platform, the two proxies, and the worker behind them alone.</summary>
    public IReadOnlyList<Contender> All()
    {
        var direct = Other("direct", null);
        return [Platform, Other("nginx", direct.Groups[0]), Other("yarp", direct.Groups[0]), direct];
    }

    /// <summary>The platform, and a server in the language of its function, by the name that the script has for it.</summary>
    public IReadOnlyList<Contender> Beside(string server) => [Platform, Contender.Other("direct", _arguments[server], null)];

    /// <summary>nginx before servers that a script started below one process.</summary>
    public Contender NginxBefore(string servers) => Other("nginx", ProcessGroup.Tree("servers", _arguments.Number(servers)));

    /// <summary>Another argument of the script, as it said it.</summary>
    public string Argument(string name) => _arguments[name];

    /// <summary>Deploys a function that is warm all the time.</summary>
    public async Task DeployAsync(FunctionCode code, int concurrency, CancellationToken cancellationToken)
    {
        var spec = new FunctionSpec
        {
            Name = code.Name,
            Runtime = code.Runtime,
            Handler = code.Handler,
            Command = code.Command,
            CodeDigest = await Target.UploadAsync(code.File, cancellationToken),
            Network = NetworkKind.None,
            Concurrency = concurrency,
            MinInstances = Plan.Instances ?? 1,
            KeepAlive = TimeSpan.FromMinutes(30),
        };
        spec.MaxInstances = Plan.Instances ?? spec.MaxInstances;
        await Target.DeployAsync(spec, cancellationToken);
    }

    public void Dispose()
    {
        if (_target.IsValueCreated)
        {
            Target.Dispose();
        }
    }

    private Contender Other(string name, ProcessGroup? behind) => Contender.Other(name, _arguments[name], behind);
}
