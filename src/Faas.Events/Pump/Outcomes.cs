using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events;

/// <summary>Writes down how an attempt ended: its record, what is kept of its answer, who is told.</summary>
internal sealed class Outcomes(IFunctionDirectory functions, FollowUps followUps, AnswerFiles files)
{
    /// <summary>Everything that the store must know of the attempt's end, for one transaction.</summary>
    public AttemptEnd EndOf(Claim claim, AttemptResult result, RetryDecision decision, DateTimeOffset now)
    {
        return new AttemptEnd
        {
            Claim = claim.Key,
            Record = RecordOf(claim, result, now),
            Next = decision.Next,
            At = decision.At,
            Failures = decision.Failures,
            Reason = decision.Reason,
            Usage = result.Progress == AttemptProgress.Ended ? result.Usage : null,
            Follow = decision.Next.HasEnded() ? followUps.Of(claim, result, decision, PolicyOf(claim.Entry), now) : [],
            Answer = Keep(result.Answer, decision),   // after the line above, which reads it
        };
    }

    /// <summary>What is kept of an answer: all of it, of a dead letter's the beginning, and nothing when another attempt follows.</summary>
    private StoredAnswer? Keep(StoredAnswer? answer, RetryDecision decision)
    {
        if (answer?.File is not { } file)
        {
            return decision.Next.HasEnded() ? answer : null;
        }

        if (decision.Next.HasEnded() && decision.Next != InvocationState.DeadLettered)
        {
            files.KeepUntil(file, decision.At);
            return answer;
        }

        var beginning = files.ReadBeginning(answer, AnswerFiles.InStoreMax);   // dead letters are kept for ever, files are not
        files.Delete(file);
        return decision.Next.HasEnded() ? answer with { Body = beginning, File = null } : null;
    }

    private AsyncSpec PolicyOf(QueueEntry entry) => functions.Find(entry.Function)?.Async ?? AsyncSpec.Default;

    /// <summary>Null when nothing ran: the event is only put back.</summary>
    private static AttemptRecord? RecordOf(Claim claim, AttemptResult result, DateTimeOffset now) => result.Progress == AttemptProgress.NotStarted ? null : new AttemptRecord
    {
        Number = claim.Attempt,
        StartedAt = claim.StartedAt,
        EndedAt = now,
        IsCut = result.Progress == AttemptProgress.Cut,
        Outcome = result.Error,
        Status = result.Status,
        Instance = result.Usage is { Instance.Length: > 0 } usage ? usage.Instance : null,
        Run = result.Usage?.Run ?? TimeSpan.Zero,
        Cost = result.Usage?.Cost ?? 0,
        Detail = result.Detail,
    };
}
