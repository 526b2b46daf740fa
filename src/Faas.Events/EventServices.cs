using Faas.Events.Triggers;
using Faas.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Faas.Events;

/// <summary>Puts the parts of asynchronous invocations together.</summary>
public static class EventServices
{
    /// <summary>
    /// Adds the intake, the pump and what looks after leases. Needs a <see cref="TimeProvider"/>, loggers and what <see cref="TriggerServices.AddTriggers"/> adds.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="setup">What events are made of.</param>
    /// <param name="files">Where long results are.</param>
    /// <param name="functions">Who runs functions.</param>
    /// <param name="deliveries">Who sends results to addresses.</param>
    public static IServiceCollection AddEvents(
        this IServiceCollection services, EventsSetup setup, AnswerFiles files, Func<IServiceProvider, IAttemptTransport> functions, Func<IServiceProvider, IAttemptTransport> deliveries)
    {
        services.AddSingleton(setup).AddSingleton(setup.Queue).AddSingleton(setup.Functions).AddSingleton(files).AddSingleton<Completions>().AddSingleton<FollowUps>().AddSingleton<Outcomes>();
        services.AddSingleton(provider => new AttemptTransports(functions(provider), deliveries(provider)));
        services.AddSingleton(provider => new AttemptRunner(
            setup, provider.GetRequiredService<AttemptTransports>(), provider.GetRequiredService<Outcomes>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<AttemptRunner>>()));
        services.AddSingleton<QueuePump>().AddHostedService(provider => provider.GetRequiredService<QueuePump>());
        services.AddHostedService<LeaseService>();
        services.AddSingleton(provider => new Intake(
            setup, provider.GetRequiredService<QueuePump>(), provider.GetRequiredService<Completions>(), files, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new Publisher(
            provider.GetRequiredService<ITopics>(), provider.GetRequiredService<Intake>(), provider.GetRequiredService<TriggerTable>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new Announcer(
            setup, provider.GetRequiredService<QueuePump>(), provider.GetRequiredService<Publisher>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new Desk(
            setup, provider.GetRequiredService<QueuePump>(), provider.GetRequiredService<Completions>(), provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
