namespace Faas.Events.Brokers;

/// <summary>Where a broker keeps messages whose invocations failed for good: a stream, an exchange, a topic.</summary>
internal interface IDeadLetterPlace
{
    /// <summary>Puts a message there; when this returns, the broker has it. A message may be put there twice when the platform is cut off in between.</summary>
    /// <param name="message">The message as it came.</param>
    /// <param name="invocation">The invocation's id; null when there was none.</param>
    /// <param name="reason">Why it failed, in a sentence.</param>
    /// <param name="ct">Ends the wait.</param>
    Task PutAsync(BrokerMessage message, string? invocation, string reason, CancellationToken ct);
}
