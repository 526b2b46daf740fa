using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Faas.Contracts.Invocations;
using Faas.Events.Triggers;

namespace Faas.Events.Brokers;

/// <summary>
/// Gives a broker's messages to the function in batches: one invocation has a JSON array of CloudEvents. What its answer names as failed (<see cref="BatchAnswer"/>) is delivered again
/// after a pause, as a smaller batch, as often as the function's events are tried.
/// </summary>
/// <param name="context">The trigger.</param>
/// <param name="events">Makes messages events.</param>
/// <param name="singles">What becomes of single messages that cannot be delivered.</param>
/// <param name="deadLetters">Where the broker keeps what failed for good; null when the platform does.</param>
internal sealed class BatchDeliveries(TriggerContext context, MessageEvents events, MessageDeliveries singles, IDeadLetterPlace? deadLetters)
{
    /// <summary>Most bytes of one invocation's events, as many as an event that is sent over HTTP may have. A batch of more is given in several; one event alone may be longer.</summary>
    private const int BytesMax = 1024 * 1024;

    /// <summary>Delivers a batch. <paramref name="acknowledge"/> is told of messages as soon as the broker can be told that they are done with; of all of them when this returns.</summary>
    public async Task DeliverAsync(IReadOnlyList<BrokerMessage> messages, Func<IReadOnlyList<BrokerMessage>, CancellationToken, Task> acknowledge, CancellationToken ct)
    {
        var items = new List<BatchItem>();
        foreach (var message in messages)
        {
            if (events.TryRead(message, out var problem) is { } given)
            {
                items.Add(new BatchItem(message, given));
            }
            else
            {
                await singles.SetAsideAsync(message, events.AsData(message), null, problem ?? "the message cannot be read", ct);
                await acknowledge([message], ct);
            }
        }

        foreach (var part in Parts(items))
        {
            await DeliverAsync(part, (done, cut) => acknowledge([.. done.Select(item => item.Message)], cut), ct);
        }
    }

    private async Task DeliverAsync(List<BatchItem> items, Func<List<BatchItem>, CancellationToken, Task> acknowledge, CancellationToken ct)
    {
        for (var delivery = 1; ; delivery++)
        {
            var ended = await context.DeliverUncountedAsync(EventOf(items, delivery), ct);
            if (ended.State != InvocationState.Succeeded)
            {
                context.Count(ended.State);
                await EndWholeAsync(items, ended, ct);
                await acknowledge(items, ct);
                return;
            }

            var failed = await FailedAsync(items, ended, ct);
            var isLast = delivery >= context.Policy.MaxAttempts;
            if (failed.Count < items.Count || isLast)
            {
                context.Count(failed.Count < items.Count ? InvocationState.Succeeded : InvocationState.DeadLettered);
            }

            if (isLast)
            {
                await BuryAsync(failed, ended.Id, delivery, ct);
            }

            if ((isLast ? items : [.. items.Except(failed)]) is { Count: > 0 } done)
            {
                await acknowledge(done, ct);
            }

            if (isLast || failed.Count == 0)
            {
                return;
            }

            items = failed;
            await context.DelayAsync(RetryPolicy.Backoff(context.Policy, delivery, ChanceOf(ended.Id)), ct);
        }
    }

    private async Task<List<BatchItem>> FailedAsync(List<BatchItem> items, Delivery ended, CancellationToken ct)
    {
        var ids = items.Select(item => item.Given.EventId ?? "").ToHashSet(StringComparer.Ordinal);
        var answer = BatchAnswer.Read(await context.FindAnswerAsync(ended.Id, ct), ids);
        if (answer.Problem is { } problem)
        {
            context.Status.EventFailed($"{ended.Id}: {problem}");
        }

        return [.. items.Where(item => answer.Failed.Contains(item.Given.EventId ?? ""))];
    }

    /// <summary>The invocation itself failed for good, or was refused.</summary>
    private async Task EndWholeAsync(List<BatchItem> items, Delivery ended, CancellationToken ct)
    {
        if (ended.State == InvocationState.Failed)
        {
            foreach (var item in items)
            {
                await singles.SetAsideAsync(item.Message, EventOf([item], 0), null, ended.Reason ?? "the batch was refused", ct);
            }
        }
        else if (ended.State == InvocationState.DeadLettered && deadLetters is not null)
        {
            foreach (var item in items)
            {
                await deadLetters.PutAsync(item.Message, ended.Id, ended.Reason ?? "it failed", ct);
            }

            await context.ForgetAsync(ended.Id, ct);
        }
    }

    /// <summary>Each is a dead letter of its own, which the function is given as a batch of one when it is redriven.</summary>
    private async Task BuryAsync(List<BatchItem> failed, string invocation, int delivery, CancellationToken ct)
    {
        var reason = string.Create(
            CultureInfo.InvariantCulture, $"the answer of {invocation} named it in batchItemFailures; that was delivery {delivery} of {context.Policy.MaxAttempts} (async.maxAttempts)");
        foreach (var item in failed)
        {
            await singles.SetAsideAsync(item.Message, EventOf([item], 0), invocation, reason, ct);
        }
    }

    /// <summary>The same id for the same events at the same delivery, which are numbered from 1; 0 is for a dead letter.</summary>
    private TriggerEvent EventOf(List<BatchItem> items, int delivery)
    {
        using var json = new MemoryStream();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{context.Key.Id}\nbatch\n{delivery}\n")));
        foreach (var (index, item) in items.Index())
        {
            json.WriteByte(index == 0 ? (byte)'[' : (byte)',');
            json.Write(item.Given.Json.Span);
            hash.AppendData(Encoding.UTF8.GetBytes($"{item.Given.Id}\n"));
        }

        json.WriteByte((byte)']');
        var id = items.Exists(item => item.Given.Id is null) ? null : Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
        return new TriggerEvent(json.ToArray()) { Id = id, ContentType = CloudEventText.BatchMediaType };
    }

    private static IEnumerable<List<BatchItem>> Parts(List<BatchItem> items)
    {
        var part = new List<BatchItem>();
        var bytes = 0L;
        foreach (var item in items)
        {
            if (part.Count > 0 && bytes + item.Given.Json.Length > BytesMax)
            {
                yield return part;
                (part, bytes) = ([], 0);
            }

            part.Add(item);
            bytes += item.Given.Json.Length + 1;   // the comma
        }

        if (part.Count > 0)
        {
            yield return part;
        }
    }

    /// <summary>0 to 1, the same for the same invocation: what failed together does not come again together.</summary>
    private static double ChanceOf(string id) => SHA256.HashData(Encoding.UTF8.GetBytes(id))[0] / 255.0;

    /// <summary>A message of a batch.</summary>
    /// <param name="Message">It.</param>
    /// <param name="Given">The event that it is.</param>
    private sealed record BatchItem(BrokerMessage Message, TriggerEvent Given);
}
