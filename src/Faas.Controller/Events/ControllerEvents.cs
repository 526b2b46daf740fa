using Faas.Contracts.Hosting;
using Faas.Controller.Hosting;
using Faas.Controller.Link;
using Faas.Controller.Metering;
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
            new EventsSetup(parts.Queue, parts.Catalog, options, Owner), files,
            provider => new GatewayAttempts(
                provider.GetRequiredService<GatewaySocket>(), new AttemptPricing(provider.GetRequiredService<PriceTable>()), files, options,
                provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<TimeProvider>()),
            provider => provider.GetRequiredService<DeliveryTransport>());
        services.AddTriggers(parts.Store.Triggers, secrets, parts.Catalog);
    }
}
