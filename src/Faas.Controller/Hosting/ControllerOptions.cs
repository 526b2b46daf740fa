using System.ComponentModel.DataAnnotations;
using Faas.Contracts.Hosting;
using Faas.Controller.Link;
using Faas.Controller.Logs;
using Faas.Controller.Metering;
using Faas.Controller.Metrics;
using Faas.Controller.Scaling;
using Faas.Events;
using Faas.Instances;
using Faas.Storage.Redis;

namespace Faas.Controller.Hosting;

/// <summary>All configuration of the controller: <c>faas.json</c> in the data folder, then environment variables (<c>Faas__Prices__Currency</c>), then the command line.</summary>
internal sealed record ControllerOptions(InstanceOptions Instances, GatewayLimits Limits, MachineOptions Machine, PriceTable Prices, UsageOptions Usage, EventsOptions Events, RedisQueueOptions Redis, LogOptions Logs)
{
    /// <summary>What <c>/metrics</c> shows, and to whom.</summary>
    public required MetricsOptions Metrics { get; init; }

    /// <summary>Reads and checks it.</summary>
    /// <exception cref="StartException">A value is out of range.</exception>
    public static ControllerOptions Read(IConfiguration configuration, ControllerArguments arguments)
    {
        var section = configuration.GetSection("Faas");
        var instances = Bind<InstanceOptions>(section.GetSection("Instances"));
        instances.RuntimesFolder = arguments.Runtimes;
        instances.Sandbox = arguments.Sandbox ?? instances.Sandbox;
        instances.StemsPerKey = arguments.Stems ?? instances.StemsPerKey;
        var machine = Bind<MachineOptions>(section.GetSection("Machine"));
        machine.MemoryMiB = arguments.MemoryMiB ?? machine.MemoryMiB;
        var events = Bind<EventsOptions>(section.GetSection("Events"));
        events.Store = arguments.Store ?? events.Store;
        if (events.Store is not ("sqlite" or "redis"))
        {
            throw new StartException($"--store must be sqlite or redis, not '{events.Store}'");
        }

        var redis = Bind<RedisQueueOptions>(section.GetSection("Redis"));
        redis.Servers = arguments.Redis ?? redis.Servers;
        return new ControllerOptions(
            instances,
            Bind<GatewayLimits>(section.GetSection("Gateway")),
            machine,
            ReadPrices(configuration),
            Bind<UsageOptions>(section.GetSection("Usage")),
            events,
            redis,
            Bind<LogOptions>(section.GetSection("Logs")))
        {
            Metrics = Bind<MetricsOptions>(section.GetSection("Metrics")),
        };
    }

    /// <summary>Reads and checks the prices only.</summary>
    /// <exception cref="StartException">A value is out of range.</exception>
    public static PriceTable ReadPrices(IConfiguration configuration) => Bind<PriceTable>(configuration.GetSection("Faas:Prices"));

    /// <summary>The file that configures the platform of a data folder.</summary>
    public static string FileOf(DataFolder data) => Path.Combine(data.Root, "faas.json");

    /// <summary>What the file and the environment say at this moment.</summary>
    /// <exception cref="InvalidDataException">The file is no JSON.</exception>
    public static IConfiguration ConfigurationOf(DataFolder data) =>
        new ConfigurationBuilder().AddJsonFile(FileOf(data), optional: true, reloadOnChange: false).AddEnvironmentVariables().Build();

    private static T Bind<T>(IConfigurationSection section)
        where T : class, new()
    {
        T options;
        try
        {
            options = section.Get<T>() ?? new T();
        }
        catch (InvalidOperationException e)
        {
            throw new StartException($"configuration {section.Path}: {e.Message}");
        }

        var problems = new List<ValidationResult>();
        return Validator.TryValidateObject(options, new ValidationContext(options), problems, validateAllProperties: true)
            ? options
            : throw new StartException($"configuration {section.Path}: {problems[0].ErrorMessage}");
    }
}
