using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Controller.Api;
using Faas.Controller.Budgets;
using Faas.Controller.Events;
using Faas.Controller.Functions;
using Faas.Controller.Link;
using Faas.Controller.Logs;
using Faas.Controller.Metering;
using Faas.Controller.Metering.Idle;
using Faas.Controller.Metrics;
using Faas.Controller.Scaling;
using Faas.Controller.Secrets;
using Faas.Events;
using Faas.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Faas.Controller.Hosting;

/// <summary>The composition root: reads configuration, starts the parts, opens the management API and the link, and waits to be stopped.</summary>
internal static class ControllerHost
{
    public static async Task RunAsync(ControllerArguments arguments)
    {
        // No watch on configuration: it would look at every change below the working directory, the store's included, and nothing reads it again.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        ConfigureLogging(builder.Logging);
        builder.Configuration.AddJsonFile(ControllerOptions.FileOf(arguments.Data), optional: true, reloadOnChange: false);
        builder.Configuration.AddEnvironmentVariables();
        var options = ControllerOptions.Read(builder.Configuration, arguments);
        using var loggers = LoggerFactory.Create(ConfigureLogging);
        await using var parts = await ControllerParts.StartAsync(arguments, options, loggers, TimeProvider.System, CancellationToken.None);

        File.Delete(arguments.Data.ControllerSocket);
        ConfigureListeners(builder.WebHost, arguments);
        var secrets = new PlatformSecrets(parts.Store.Secrets(SecretKey.ReadOrCreate(arguments.Data.SecretKeyFile)), builder.Configuration, TimeProvider.System);
        AddServices(builder.Services, arguments, options, parts, secrets);
        await using var app = builder.Build();
        var pump = app.Services.GetRequiredService<QueuePump>();
        parts.Fleet.Scaler.EventsOf = pump.Lanes.DueIn;
        parts.Budgets.HoldsChanged = pump.OnHoldsChanged;
        Map(app);
        await app.StartAsync();
        File.SetUnixFileMode(arguments.Data.ControllerSocket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Console.Out.WriteLine($"ready {AdminAddress(app)}");

        await app.WaitForShutdownAsync();
        File.Delete(arguments.Data.ControllerSocket);
    }

    private static void ConfigureLogging(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter("Faas", LogLevel.Information);
    }

    private static void ConfigureListeners(IWebHostBuilder web, ControllerArguments arguments) => web.ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        // Above what anybody sends, so that a name of ten thousand characters is answered by us, as a problem, and not by the server.
        kestrel.Limits.MaxRequestLineSize = 64 * 1024;
        kestrel.ListenUnixSocket(arguments.Data.ControllerSocket, listen => listen.Protocols = HttpProtocols.Http2);
        var port = arguments.Admin.Port;
        if (System.Net.IPAddress.TryParse(arguments.Admin.Host.Trim('[', ']'), out var address))
        {
            kestrel.Listen(address, port, listen => listen.Protocols = HttpProtocols.Http1);
        }
        else if (arguments.Admin.IsLoopback)
        {
            kestrel.ListenLocalhost(port, listen => listen.Protocols = HttpProtocols.Http1);
        }
        else
        {
            kestrel.ListenAnyIP(port, listen => listen.Protocols = HttpProtocols.Http1);
        }
    });

    private static void AddServices(IServiceCollection services, ControllerArguments arguments, ControllerOptions options, ControllerParts parts, PlatformSecrets secrets)
    {
        services.AddSingleton(arguments).AddSingleton(arguments.Data).AddSingleton(parts.Prices).AddSingleton(options.Usage).AddSingleton(TimeProvider.System);
        services.AddSingleton<IUsageLedger>(parts.Store).AddSingleton<IFunctionStore>(parts.Store);
        services.AddSingleton(parts.Logs).AddSingleton(parts.Instances).AddSingleton(parts.Lifecycle);
        services.AddSingleton(parts.Fleet).AddSingleton(parts.Fleet.Table).AddSingleton(parts.Fleet.Fleet).AddSingleton(parts.Fleet.Scaler);
        services.AddSingleton(parts.Fleet.Idle).AddSingleton(parts.Fleet.Machine);
        services.AddSingleton(parts.Fleet.Link).AddSingleton(parts.Fleet.FromGateway);
        services.AddSingleton(parts.Catalog).AddSingleton(parts.Builder).AddSingleton(parts.Bundles);
        services.AddSingleton(AdminKey.ReadOrCreate(arguments.Data.AdminKeyFile));
        services.AddSingleton<SpecCheck>().AddSingleton<RevisionTrial>().AddSingleton<Deployer>().AddSingleton<FunctionViews>().AddSingleton<InvocationEndpoints>();
        services.AddSingleton(provider => new UsageIngest(
            parts.Store, parts.Prices, arguments.Data, parts.Fleet.Link, provider.GetRequiredService<ILogger<UsageIngest>>(), TimeProvider.System)
        {
            Histograms = parts.Histograms,
            Metrics = parts.Metrics,
        });
        services.AddSingleton(parts.Histograms).AddSingleton(parts.Metrics).AddSingleton(parts.Store.Counters);
        services.AddSingleton(parts.Store.MemoryTimes).AddSingleton(parts.Fleet.Table.Memory).AddSingleton<MemoryTimeKeeper>().AddSingleton<IdleMemory>();
        services.AddHostedService(provider => provider.GetRequiredService<MemoryTimeKeeper>());
        MetricsEndpoint.AddTo(services, options.Metrics);
        services.AddHostedService(provider => provider.GetRequiredService<UsageIngest>());
        services.AddSingleton(new IdleTimesFile(arguments.Data.IdleTimes)).AddHostedService<IdleTimesKeeper>();
        ControllerEvents.AddTo(services, arguments.Data, options.Events, parts, secrets);
        services.AddSingleton(secrets).AddSingleton<EventViews>();
        services.AddHostedService<FleetTicker>().AddHostedService<UsageRetention>().AddHostedService<PriceWatch>().AddHostedService<LogRetention>();
        services.AddSingleton(parts.Spend).AddSingleton(parts.Budgets).AddHostedService<BudgetWatch>();
        services.AddSingleton(provider => new BudgetNotices(
            provider.GetRequiredService<Announcer>(), options.Prices.Currency, TimeProvider.System, provider.GetRequiredService<ILogger<BudgetNotices>>()));
        if (arguments.Supervised)
        {
            services.AddHostedService<SupervisorWatch>();
        }

        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, FaasJson.Default));
        services.AddOpenApi();
        services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = 16 * 1024 * 1024);
    }

    private static void Map(WebApplication app)
    {
        app.UseMiddleware<ProblemBoundary>();
        app.UseMiddleware<KeyCheck>();
        app.MapGrpcService<GatewayLinkService>();
        app.MapGrpcService<EventIntakeService>();
        app.MapOpenApi();
        PlatformEndpoint.Map(app);
        MetricsEndpoint.Map(app);
        FunctionEndpoints.Map(app);
        BundleEndpoints.Map(app);
        LogEndpoints.Map(app);
        UsageEndpoints.Map(app);
        CostEndpoints.Map(app);
        BudgetEndpoints.Map(app);
        IdleEndpoint.Map(app);
        EventEndpoints.Map(app);
        TopicEndpoints.Map(app);
        TriggerEndpoints.Map(app);
        SecretEndpoints.Map(app);
        app.Services.GetRequiredService<InvocationEndpoints>().Map(app);
        app.MapFallback(() => ApiResults.Problem(404, "NotFound", "No such resource", "the management API is described at /openapi/v1.json"));
    }

    private static string AdminAddress(WebApplication app)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return addresses.First(a => !a.Contains("unix", StringComparison.Ordinal));
    }
}
