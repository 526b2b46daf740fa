using System.Text.Unicode;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Events;
using Faas.Storage;

namespace Faas.Controller.Events;

/// <summary>Invocations and their queue as users see them.</summary>
internal sealed class EventViews(IInvocationQueue queue, IUsageLedger ledger)
{
    /// <summary>Longest result that is shown with its invocation.</summary>
    private const int TextMax = 16 * 1024;

    /// <summary>An invocation with its result; of one that did not go through the queue what its usage record says. Null when nobody knows it.</summary>
    public async Task<InvocationDescription?> DescribeAsync(string id, QueuedInvocation? found, CancellationToken ct)
    {
        if (found is not null)
        {
            var answer = found.State.HasEnded() ? await queue.FindAnswerAsync(id, ct) : null;
            return Describe(found) with { Result = answer is null ? null : Summarize(answer) };
        }

        return await ledger.ListAsync(null, id, 1, ct) is [var usage, ..] ? Describe(usage) : null;
    }

    /// <summary>An event without its result.</summary>
    public static InvocationDescription Describe(QueuedInvocation found) => new()
    {
        Id = found.Entry.Id,
        Function = found.Entry.Function,
        State = found.State,
        IsQueued = true,
        AcceptedAt = found.Entry.AcceptedAt,
        DueAt = found.State == InvocationState.Queued ? found.At : null,
        StartedAt = found.StartedAt,
        EndedAt = found.EndedAt,
        Attempts = found.Attempts,
        Failures = found.Failures,
        History = found.History,
        Reason = found.Reason,
        Request = found.Entry.Request,
        BodyBytes = found.BodyLength,
        DeliverTo = found.Entry.DeliverTo,
        Cause = found.Entry.Cause,
        Cost = found.History.Sum(attempt => attempt.Cost),
    };

    /// <summary>What waits for each function, by name.</summary>
    public async Task<QueueSummary[]> QueueAsync(CancellationToken ct)
    {
        var summaries = new SortedDictionary<string, QueueSummary>(StringComparer.Ordinal);
        QueueSummary Of(string function) => summaries.GetValueOrDefault(function) ?? new QueueSummary(function, 0, 0, 0, 0, null);

        foreach (var lane in await queue.BacklogAsync(ct))
        {
            var function = LaneName.FunctionOf(lane.Lane);
            summaries[function] = LaneName.IsOfDeliveries(lane.Lane)
                ? Of(function) with { Deliveries = lane.Waiting + lane.Running }
                : Of(function) with { Waiting = lane.Waiting, Running = lane.Running, NextDueAt = lane.NextDueAt };
        }

        foreach (var (function, count) in await queue.DeadLettersAsync(ct))
        {
            summaries[function] = Of(function) with { DeadLetters = count };
        }

        return [.. summaries.Values];
    }

    /// <summary>An answer's media type; null when it has none.</summary>
    public static string? ContentTypeOf(StoredAnswer answer) =>
        answer.Headers.FirstOrDefault(header => header.Name.Equals("content-type", StringComparison.OrdinalIgnoreCase))?.Value;

    private static ResultSummary Summarize(StoredAnswer answer)
    {
        var isText = answer.IsWhole && answer.File is null && answer.Body.Length <= TextMax && Utf8.IsValid(answer.Body.Span) && !answer.Body.Span.Contains((byte)0);
        return new ResultSummary(answer.Status, ContentTypeOf(answer), answer.Length, answer.IsWhole, isText ? System.Text.Encoding.UTF8.GetString(answer.Body.Span) : null);
    }

    private static InvocationDescription Describe(UsageRecord usage) => new()
    {
        Id = usage.InvocationId,
        Function = usage.Function,
        State = usage.Outcome == InvocationError.None && usage.Status < 400 ? InvocationState.Succeeded : InvocationState.Failed,
        IsQueued = false,
        AcceptedAt = usage.ReceivedAt,
        EndedAt = usage.ReceivedAt + usage.Queued + usage.Cold + usage.Run,
        Attempts = 1,
        History =
        [
            new AttemptRecord
            {
                Number = 1,
                StartedAt = usage.ReceivedAt,
                EndedAt = usage.ReceivedAt + usage.Queued + usage.Cold + usage.Run,
                Outcome = usage.Outcome,
                Status = usage.Status,
                Instance = usage.Instance.Length > 0 ? usage.Instance : null,
                Run = usage.Run,
                Cost = usage.Cost,
            },
        ],
        Cost = usage.Cost,
    };
}
