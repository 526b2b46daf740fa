using Faas.Events.Cron;
using Faas.Events.Kafka;
using Faas.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Faas.Events.Triggers;

/// <summary>Puts the parts of triggers together.</summary>
public static class TriggerServices
{
    /// <summary>Adds triggers and the built-in topics. Needs what <see cref="EventServices.AddEvents"/> adds, and is to be called after it: sources stop before the pump does.</summary>
    /// <param name="services">The services.</param>
    /// <param name="store">What is kept of triggers.</param>
    /// <param name="secrets">What specs name secrets of.</param>
    /// <param name="deployments">What is deployed.</param>
    public static IServiceCollection AddTriggers(this IServiceCollection services, ITriggerStore store, ISecrets secrets, IDeployments deployments)
    {
        services.AddSingleton(store).AddSingleton(secrets).AddSingleton(deployments).AddSingleton<TriggerTable>().AddSingleton<ITopics, Subscriptions>();
        services.AddSingleton<ITriggerKind, CronKind>().AddSingleton<ITriggerKind, TopicKind>().AddSingleton<TriggerKinds>();
        services.AddSingleton<ITriggerKind, KafkaKind>();
        services.AddSingleton(provider => new TriggerDeliveries(
            provider.GetRequiredService<Intake>(), provider.GetRequiredService<IInvocationQueue>(), provider.GetRequiredService<Completions>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<TriggerParts>().AddSingleton<TriggerRunner>().AddSingleton<TriggerDesk>();
        services.AddHostedService<TriggerHost>();
        return services;
    }
}
