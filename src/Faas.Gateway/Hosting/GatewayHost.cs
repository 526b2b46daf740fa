using Faas.Gateway.Acceptance;
using Faas.Gateway.Activation;
using Faas.Gateway.FastPath;
using Faas.Gateway.Forwarding;
using Faas.Gateway.Invocation;
using Faas.Gateway.Polling;
using Faas.Gateway.Routing;
using Faas.Gateway.Stalls;
using Faas.Gateway.Tracing;
using Faas.Gateway.Uplink;
using Faas.Gateway.Usage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;

namespace Faas.Gateway.Hosting;

/// <summary>The composition root: what the gateway is made of.</summary>
internal static class GatewayHost
{
    /// <summary>How long running invocations may take to finish at shutdown.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(30);

    /// <summary>Builds the gateway; it listens once started.</summary>
    public static WebApplication Build(GatewayArguments arguments, TimeProvider clock)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, arguments));
        Log(builder.Logging);

        var services = builder.Services;
        services.AddSingleton<IHostLifetime, NoLifetime>();
        services.Configure<HostOptions>(options => options.ShutdownTimeout = DrainTime);
        services.AddSingleton(clock);
        services.AddSingleton<IMemoryPoolFactory<byte>, ReadingBlocksFactory>();
        services.AddHttpForwarder();
        services.AddSingleton<FastEntrance>().AddSingleton(HandedOverSockets.Create).AddSingleton<IConnectionListenerFactory, FastTransport>();
        services.AddSingleton(GatewayIdentity.Create(arguments.Data.ControllerSocket, clock));
        services.AddSingleton<RouteTable>().AddSingleton<GateTable>().AddSingleton<LinkHealth>().AddSingleton<ControllerPicture>().AddSingleton<PriceList>();
        services.AddSingleton<Outbox>().AddSingleton<IGateEvents>(provider => provider.GetRequiredService<Outbox>());
        services.AddSingleton<EventLoops>().AddSingleton<IInstanceTransports, InstanceTransports>();
        services.AddSingleton(new Traces(TraceSettings.From(Environment.GetEnvironmentVariable)));
        services.AddSingleton<LiveInvocations>().AddSingleton<Invoker>().AddSingleton<Entrance>();
        services.AddSingleton<ControllerChannel>().AddSingleton<AcceptUplink>().AddSingleton<AcceptExchange>();
        services.AddSingleton<AcceptEntrance>().AddSingleton<WebhookEntrance>().AddSingleton<AttemptEntrance>().AddSingleton<AsyncEntrances>();
        services.AddSingleton(provider => new UsageJournal(
            arguments.Data.Journal, provider.GetRequiredService<GatewayIdentity>().Boot, provider.GetRequiredService<ILogger<UsageJournal>>()));

        // Stopped in reverse: the server drains first, then the journal, and the link last.
        services.AddHostedService<ControllerLink>();
        services.AddSingleton<UsageDrain>().AddSingleton<IUsageUplink>(provider => provider.GetRequiredService<UsageDrain>());
        services.AddHostedService(provider => provider.GetRequiredService<UsageDrain>());
        services.AddHostedService(provider => provider.GetRequiredService<AcceptUplink>());
        services.AddHostedService<LoadReports>();
        services.AddHostedService<StallWatch>();

        var app = builder.Build();
        app.Run(app.Services.GetRequiredService<Entrance>().HandleAsync);
        return app;
    }

    private static void Configure(KestrelServerOptions kestrel, GatewayArguments arguments)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = null;                    // The function's own limit is enforced, with an answer that says so.
        limits.MinRequestBodyDataRate = null;                // A stream may pause; reading the body counts as the function's time, so its timeout bounds it.
        limits.MaxRequestLineSize = 64 * 1024;
        limits.MaxRequestHeadersTotalSize = 1024 * 1024;     // Above our own limit, so that breaking it gets our answer and not an empty one.
        limits.MaxRequestHeaderCount = 4096;
        limits.MaxRequestBufferSize = 1024 * 1024;
        kestrel.Listen(arguments.Listen, listen => listen.Protocols = HttpProtocols.Http1);
        kestrel.ListenUnixSocket(arguments.Data.GatewaySocket, listen => listen.Protocols = HttpProtocols.Http1);
    }

    private static void Log(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter("Faas", LogLevel.Information);
        // Kestrel tells at Warning what single callers do wrong; YARP what single functions do.
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error);
        logging.AddFilter("Yarp", LogLevel.None);
        // A failed start is told in one line by Program.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    /// <summary>The host waits for nothing by itself; Program decides when it ends.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
