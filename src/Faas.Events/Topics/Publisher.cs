using System.Security.Cryptography;
using System.Text;
using Faas.Contracts.Invocations;

namespace Faas.Events;

/// <summary>Publishes events on built-in topics: each becomes one invocation for every function that listens.</summary>
public sealed class Publisher(ITopics topics, Intake intake, TimeProvider time)
{
    /// <summary>
    /// Publishes an event. A CloudEvent with the same source and id as an earlier one is the same event, so that a publisher may repeat what it got no answer to.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="headers">Headers, names in lower case.</param>
    /// <param name="body">The body.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<PublishOutcome> PublishAsync(string topic, IReadOnlyDictionary<string, string> headers, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var id = NewId(now);
        var sent = CloudEventText.TryRead(headers, body, CloudEventText.Attributes(id, $"/topics/{topic}", "faas.topic.published", now), out var problem);
        if (sent is null)
        {
            return Refused(id, "BadRequest", 400, problem ?? "it is no event");
        }

        var subscribers = topics.SubscribersOf(topic);
        if (subscribers.Count == 0)
        {
            return Refused(sent.Id, "NotFound", 404, $"no function listens to topic '{topic}'; one does with 'triggers: [{{topic: {topic}}}]' in its manifest");
        }

        var invocations = new List<string>();
        foreach (var subscriber in subscribers)
        {
            var reply = await intake.AcceptAsync(RequestOf(subscriber, sent, now), ct);
            if (reply.Refusal is { } refusal)
            {
                return Refused(sent.Id, refusal.Error, refusal.Status, $"{subscriber}: {refusal.Detail}");
            }

            invocations.Add(reply.Id);
        }

        return new PublishOutcome(sent.Id, invocations, null);
    }

    private static IntakeRequest RequestOf(string function, SentEvent sent, DateTimeOffset now)
    {
        var id = NewId(now);
        return new IntakeRequest
        {
            Function = function,
            Id = id,
            Nonce = id,
            Request = new InvocationRequest(true, "POST", "/", "", [new HeaderField("Content-Type", CloudEventText.MediaType)]),
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
