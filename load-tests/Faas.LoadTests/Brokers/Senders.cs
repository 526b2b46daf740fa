using Faas.LoadTests.Chaos;

namespace Faas.LoadTests.Brokers;

/// <summary>Callers that send a round's events to a broker, each event once: what the broker does not confirm is nobody's promise.</summary>
internal sealed class Senders(IReadOnlyList<IEventSender> senders)
{
    /// <summary>Somebody whose broker is away would use up all events within a blink.</summary>
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time = TimeProvider.System;
    private int _begun;
    private int _unconfirmed;

    /// <summary>How many of the round's events have been begun.</summary>
    public int Begun => Volatile.Read(ref _begun);

    /// <summary>How many of them were not confirmed.</summary>
    public int Unconfirmed => Volatile.Read(ref _unconfirmed);

    /// <summary>Sends all events when their time has come. Returns those that the broker has confirmed.</summary>
    public async Task<IReadOnlyList<ChaosEvent>> SendAsync(IReadOnlyList<ChaosEvent> events, CancellationToken cancellationToken)
    {
        (_begun, _unconfirmed) = (0, 0);
        var began = _time.GetTimestamp();
        var confirmed = await Task.WhenAll(senders.Select(sender => SendAsync(sender, events, began, cancellationToken)));
        return [.. confirmed.SelectMany(sent => sent)];
    }

    private async Task<List<ChaosEvent>> SendAsync(IEventSender sender, IReadOnlyList<ChaosEvent> events, long began, CancellationToken cancellationToken)
    {
        var confirmed = new List<ChaosEvent>();
        for (var i = Interlocked.Increment(ref _begun) - 1; i < events.Count; i = Interlocked.Increment(ref _begun) - 1)
        {
            var pause = events[i].At - _time.GetElapsedTime(began);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, _time, cancellationToken);
            }

            if (await sender.SendAsync(events[i].Token, cancellationToken))
            {
                confirmed.Add(events[i]);
                continue;
            }

            Interlocked.Increment(ref _unconfirmed);
            await Task.Delay(PauseAfterFailure, _time, cancellationToken);
        }

        return confirmed;
    }
}
