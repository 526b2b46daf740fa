using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events;

/// <summary>Tells what the platform itself has to say: to an address, signed and tried again as callbacks are, and on a built-in topic.</summary>
public sealed class Announcer
{
    private readonly EventsSetup _setup;
    private readonly QueuePump _pump;
    private readonly Publisher _publisher;
    private readonly CallbackRules _rules;
    private readonly TimeProvider _time;

    internal Announcer(EventsSetup setup, QueuePump pump, Publisher publisher, TimeProvider time)
    {
        (_setup, _pump, _publisher, _time) = (setup, pump, publisher, time);
        _rules = new CallbackRules(setup.Options.LocalCallbackHosts);
    }

    /// <summary>Why nothing can be sent to <paramref name="url"/>, in a sentence; null when it can, as far as its text says.</summary>
    public string? Refuses(string url) => _rules.Refuses(url);

    /// <summary>Has it sent to an address. When this returns, that is durable; sent again with the same id, it is the same announcement.</summary>
    public async Task SendAsync(Announcement announcement, string url, CancellationToken ct)
    {
        await _pump.Recovered.WaitAsync(ct);
        var now = _time.GetUtcNow();
        var entry = new QueueEntry
        {
            Id = announcement.Id,
            Lane = LaneName.OfDeliveries(announcement.From),
            Function = announcement.From,
            AcceptedAt = now,
            DueAt = now,
            Nonce = announcement.Id,
            Request = new InvocationRequest(true, "POST", "/", "", [new HeaderField("Content-Type", CloudEventText.MediaType)]),
            DeliverTo = url,
            IsCallersAddress = true,   // guarded like a caller's: who may set budgets need not be who may reach this machine
        };
        await _setup.Queue.EnqueueAsync(entry, announcement.CloudEvent, null, ct);
        _pump.Queued(entry.Lane, now);
    }

    /// <summary>Publishes it on a topic. Returns why that was refused, in a sentence; null when it was not.</summary>
    public async Task<string?> PublishAsync(Announcement announcement, string topic, CancellationToken ct)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["content-type"] = CloudEventText.MediaType };
        return (await _publisher.PublishAsync(topic, headers, announcement.CloudEvent, ct)).Refusal?.Detail;
    }
}

/// <summary>What is told.</summary>
/// <param name="Id">Names it: 1 to 128 visible ASCII characters, the same whenever the same is told again.</param>
/// <param name="From">Whose business it is: a function's name, or something that none is called.</param>
/// <param name="CloudEvent">The event, in structured mode.</param>
public sealed record Announcement(string Id, string From, ReadOnlyMemory<byte> CloudEvent);
