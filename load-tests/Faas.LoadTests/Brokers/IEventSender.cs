namespace Faas.LoadTests.Brokers;

/// <summary>Somebody who sends events to a broker, one after the other. Not thread-safe: each caller has its own.</summary>
internal interface IEventSender : IAsyncDisposable
{
    /// <summary>Sends an event once. True when the broker has said that it has it; false when nobody knows, or it has said no.</summary>
    Task<bool> SendAsync(string token, CancellationToken cancellationToken);
}
