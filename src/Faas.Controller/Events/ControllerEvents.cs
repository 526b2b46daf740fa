using Faas.Contracts.Hosting;
using Faas.Controller.Hosting;
using Faas.Controller.Link;
using Faas.Controller.Metering;
using Faas.Controller.Metrics;
using Faas.Events;
using Faas.Events.Triggers;
using Faas.Storage.Redis;

namespace Faas.Controller.Events;

/// <summary>Wires events into the controller.</summary>
internal static class ControllerEvents
{
    /// <summary>This node's name in leases. One controller works on a data folder, so what it finds under this name at its start was a predecessor's.</summary>
    private const string Owner = "controller";

    public static void AddTo(IServiceCollection services, DataFolder data, EventsOptions options, ControllerParts parts, ISecrets secrets)
    {
        var files = new AnswerFiles(data.Answers, TimeProvider.System);
        services.AddSingleton<GatewaySocket>().AddSingleton(options);
        services.AddSingleton(new DeliveryTransport(options, CallbackSigner.ReadOrCreate(data.CallbackKeyFile), TimeProvider.System));
        if (parts.Redis is { } redis)
        {
            services.AddSingleton(redis).AddSingleton(new UsageOutboxDrain(redis.Outbox, parts.Store)).AddHostedService<RedisUsage>();
        }

        services.AddEvents(
            new EventsSetup(new MeteredQueue(parts.Queue, parts.Histograms), parts.Catalog, options, Owner) { Holds = parts.Budgets }, files,
            provider => Attempts(provider, files, options, parts.Budgets),
            provider => provider.GetRequiredService<DeliveryTransport>());
        services.AddTriggers(parts.Store.Triggers, secrets, parts.Catalog);
    }

    private static ThrottledAttempts Attempts(IServiceProvider provider, AnswerFiles files, EventsOptions options, IEventHolds holds)
    {
        var (lifetime, time) = (provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<TimeProvider>());
        var gateway = new GatewayAttempts(
            provider.GetRequiredService<GatewaySocket>(), new AttemptPricing(provider.GetRequiredService<PriceBook>()), files, options, lifetime, time);
        return new ThrottledAttempts(gateway, holds, time, lifetime.ApplicationStopping);
    }
}
