using System.Security.Cryptography;
using System.Text;
using Faas.Contracts.Invocations;
using Faas.Events.Triggers;

namespace Faas.Events;

/// <summary>Publishes events on built-in topics: each becomes one invocation for every function that listens.</summary>
public sealed class Publisher
{
    private readonly ITopics _topics;
    private readonly Intake _intake;
    private readonly TriggerTable _triggers;
    private readonly TimeProvider _time;

    internal Publisher(ITopics topics, Intake intake, TriggerTable triggers, TimeProvider time) => (_topics, _intake, _triggers, _time) = (topics, intake, triggers, time);

    /// <summary>
    /// Publishes an event. A CloudEvent with the same source and id as an earlier one is the same event, so that a publisher may repeat what it got no answer to.
    /// Subscribers whose trigger is paused are left out; if all are, the event is nobody's, which is not the publisher's business.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="headers">Headers, names in lower case.</param>
    /// <param name="body">The body.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<PublishOutcome> PublishAsync(string topic, IReadOnlyDictionary<string, string> headers, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        var now = _time.GetUtcNow();
        var id = NewId(now);
        var sent = CloudEventText.TryRead(headers, body, CloudEventText.Attributes(id, $"/topics/{topic}", "faas.topic.published", now), out var problem);
        if (sent is null)
        {
            return Refused(id, "BadRequest", 400, problem ?? "it is no event");
        }

        if (!_topics.IsListenedTo(topic))
        {
            return Refused(sent.Id, "NotFound", 404, $"no function listens to topic '{topic}'; one does with 'triggers: [{{topic: {topic}}}]' in its manifest");
        }

        var invocations = new List<string>();
        foreach (var (subscriber, trigger) in _topics.SubscribersOf(topic))
        {
            var reply = await _intake.AcceptAsync(RequestOf(subscriber, sent, headers.GetValueOrDefault(CloudEventText.TraceParent), now), ct);
            if (reply.Refusal is { } refusal)
            {
                _triggers.Find(trigger)?.Status.EventFailed(refusal.Detail);
                return Refused(sent.Id, refusal.Error, refusal.Status, $"{subscriber}: {refusal.Detail}");
            }

            _triggers.Find(trigger)?.Status.Accepted(reply.Id);
            invocations.Add(reply.Id);
        }

        return new PublishOutcome(sent.Id, invocations, null);
    }

    private static IntakeRequest RequestOf(string function, SentEvent sent, string? traceParent, DateTimeOffset now)
    {
        var id = NewId(now);
        return new IntakeRequest
        {
            Function = function,
            Id = id,
            Nonce = id,
            Request = new InvocationRequest(true, "POST", "/", "", SentEvent.HeadersOf(CloudEventText.MediaType, sent.TraceParent ?? traceParent)),
            Body = sent.Json,
            Key = sent.IsNamed ? "ce-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{sent.Source}\n{sent.Id}"))) : null,
        };
    }

    private static string NewId(DateTimeOffset now) => Guid.CreateVersion7(now).ToString("N");

    private static PublishOutcome Refused(string id, string error, int status, string detail) => new(id, [], new IntakeRefusal(error, status, detail));
}

/// <summary>What came of publishing.</summary>
/// <param name="Id">The event's id.</param>
/// <param name="Invocations">The invocations that it became.</param>
/// <param name="Refusal">Why it was refused; null when it was not. Subscribers before the one that refused have it; it may be published again.</param>
public sealed record PublishOutcome(string Id, IReadOnlyList<string> Invocations, IntakeRefusal? Refusal);
