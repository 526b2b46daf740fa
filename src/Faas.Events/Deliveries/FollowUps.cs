using System.Globalization;
using System.Text;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events;

/// <summary>
/// Who is told of an event's end: the caller's address gets the result as it is, destinations a CloudEvent about it. Both become entries of the queue, accepted by the
/// transaction that ends the event, so that neither is told twice for one end, or not at all.
/// </summary>
internal sealed class FollowUps(AnswerFiles files, ITopics topics)
{
    /// <summary>Events that may lead to one another: past any pipeline, before a circle fills the queue. AWS Lambda stops at 16, too.</summary>
    private const int DepthMax = 16;

    private const int BodyMax = 1024 * 1024;

    /// <summary>The entries that follow when <paramref name="claim"/> ends like that.</summary>
    public IReadOnlyList<(QueueEntry Entry, ReadOnlyMemory<byte> Body)> Of(Claim claim, AttemptResult result, RetryDecision decision, AsyncSpec policy, DateTimeOffset now)
    {
        var entry = claim.Entry;
        if (entry.DeliverTo is not null || entry.Depth >= DepthMax)
        {
            return [];
        }

        var follow = new List<(QueueEntry, ReadOnlyMemory<byte>)>();
        if (entry.CallbackUrl is { } url)
        {
            follow.Add(Callback(claim, result, decision, url, now));
        }

        if ((decision.Next == InvocationState.Succeeded ? policy.OnSuccess : decision.Next == InvocationState.DeadLettered ? policy.OnFailure : null) is { } destination)
        {
            Add(follow, destination, claim, EndedEvent.Write(claim, result, decision, files, now), decision, now);
        }

        return follow;
    }

    /// <summary>The result itself, with the headers that OpenFaaS' callbacks have.</summary>
    private (QueueEntry Entry, ReadOnlyMemory<byte> Body) Callback(Claim claim, AttemptResult result, RetryDecision decision, string url, DateTimeOffset now)
    {
        var entry = claim.Entry;
        var status = result.Status != 0 ? result.Status : InvocationErrors.Of(result.Error).Status;
        var headers = new List<HeaderField>
        {
            new("X-Call-Id", entry.Id),
            new("X-Function-Name", entry.Function),
            new("X-Function-Status", status.ToString(CultureInfo.InvariantCulture)),
            new("X-Duration-Seconds", (result.Usage?.Run ?? TimeSpan.Zero).TotalSeconds.ToString("0.000000", CultureInfo.InvariantCulture)),
            new("X-Faas-State", decision.Next.ToString()),
            new("X-Faas-Attempts", claim.Attempt.ToString(CultureInfo.InvariantCulture)),
        };
        var answer = result.Answer;
        if (answer?.Headers.FirstOrDefault(header => header.Name.Equals("content-type", StringComparison.OrdinalIgnoreCase)) is { } type)
        {
            headers.Add(new HeaderField("Content-Type", type.Value));
        }

        var body = answer is null ? Encoding.UTF8.GetBytes(decision.Reason ?? result.Detail ?? "") : files.ReadBeginning(answer, BodyMax);
        if (answer is not null && answer.Length > body.Length)
        {
            headers.Add(new HeaderField("X-Faas-Result-Length", answer.Length.ToString(CultureInfo.InvariantCulture)));   // the rest is asked for by its id
        }

        return (Delivery(claim, "callback", url, headers, now) with { IsCallersAddress = true }, body);
    }

    private void Add(List<(QueueEntry, ReadOnlyMemory<byte>)> follow, Destination destination, Claim claim, byte[] cloudEvent, RetryDecision decision, DateTimeOffset now)
    {
        var end = decision.Next == InvocationState.Succeeded ? "success" : "failure";
        HeaderField[] headers = [new("Content-Type", "application/cloudevents+json")];
        if (destination.Url is { } url)
        {
            follow.Add((Delivery(claim, end, url, headers, now), cloudEvent));
        }
        else if (destination.Function is { } function)
        {
            follow.Add((Invocation(claim, end, function, headers, now), cloudEvent));
        }
        else if (destination.Topic is { } topic)
        {
            foreach (var subscriber in topics.SubscribersOf(topic))
            {
                follow.Add((Invocation(claim, $"{end}.{subscriber.Function}", subscriber.Function, headers, now), cloudEvent));
            }
        }
    }

    private static QueueEntry Delivery(Claim claim, string end, string url, IReadOnlyList<HeaderField> headers, DateTimeOffset now) =>
        Follow(claim, end, headers, now) with { Lane = LaneName.OfDeliveries(claim.Entry.Function), DeliverTo = url };

    private static QueueEntry Invocation(Claim claim, string end, string function, IReadOnlyList<HeaderField> headers, DateTimeOffset now) =>
        Follow(claim, end, headers, now) with { Lane = function, Function = function };

    /// <summary>Named after the attempt whose end it tells, because a redriven event may end more than once.</summary>
    private static QueueEntry Follow(Claim claim, string end, IReadOnlyList<HeaderField> headers, DateTimeOffset now)
    {
        var id = $"{claim.Entry.Id}.{claim.Attempt}.{end}";
        return new QueueEntry
        {
            Id = id,
            Lane = "",
            Function = claim.Entry.Function,
            AcceptedAt = now,
            DueAt = now,
            Nonce = id,
            Request = new InvocationRequest(true, "POST", "/", "", headers),
            Cause = claim.Entry.Id,
            Depth = claim.Entry.Depth + 1,
        };
    }
}
