using Faas.Contracts.Functions;
using Faas.Storage;

namespace Faas.Events;

/// <summary>Who runs which entries: functions the gateway, deliveries an HTTP client.</summary>
internal sealed class AttemptTransports(IAttemptTransport functions, IAttemptTransport deliveries)
{
    /// <summary>How deliveries are tried: more often than functions, because what fails is mostly a receiver that is being restarted.</summary>
    public static AsyncSpec DeliveryPolicy { get; } = new() { MaxAttempts = 10, MaxAge = TimeSpan.FromHours(24), Concurrency = 8 };

    /// <summary>Who runs <paramref name="entry"/>.</summary>
    public IAttemptTransport For(QueueEntry entry) => entry.DeliverTo is null ? functions : deliveries;
}
