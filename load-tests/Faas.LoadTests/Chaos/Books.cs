using Faas.Contracts.Invocations;
using Faas.Contracts.Api;

namespace Faas.LoadTests.Chaos;

/// <summary>Everything that is known of one event afterwards.</summary>
/// <param name="Sent">What was sent and promised.</param>
/// <param name="Runs">Its runs, as the recorder saw them.</param>
/// <param name="Invocations">What the platform says of the invocations that it became; null where it knows none.</param>
/// <param name="Usage">Usage records of each of these invocations.</param>
internal sealed record Books(
    ChaosEvent Sent, IReadOnlyList<RecordedRun> Runs, IReadOnlyDictionary<string, InvocationDescription?> Invocations, IReadOnlyDictionary<string, IReadOnlyList<UsageRecord>> Usage)
{
    /// <summary>What is wrong with it, as kind and sentence; empty when all is well. Pure.</summary>
    public IEnumerable<(Wrong Kind, string What)> Audit()
    {
        if (Invocations.Count > 1 && !Sent.MayBecomeSeveral)
        {
            yield return (Wrong.Unexplained, $"one event became {Invocations.Count} invocations");
        }

        foreach (var (id, invocation) in Invocations)
        {
            var found = invocation is null ? [(Sent.Promised.Contains(id) ? Wrong.Lost : Wrong.Unexplained, "the platform knows nothing of it")]
                : AuditEnd(id, invocation).Concat(AuditRuns(id, invocation)).Concat(AuditUsage(invocation, Usage[id]));
            foreach (var (kind, what) in found)
            {
                yield return (kind, $"{id}: {what}");
            }
        }
    }

    private IEnumerable<(Wrong Kind, string What)> AuditEnd(string id, InvocationDescription invocation)
    {
        var isPromised = Sent.Promised.Contains(id);
        if (isPromised && invocation.State is not (InvocationState.Succeeded or InvocationState.DeadLettered))
        {
            yield return (Wrong.Lost, $"it is {invocation.State} after {invocation.Attempts} attempts");
        }

        if (isPromised && Runs.Count == 0 && invocation.State != InvocationState.DeadLettered)
        {
            yield return (Wrong.Lost, $"no run of it was recorded, and it is {invocation.State}");
        }
    }

    /// <summary>Each run belongs to an attempt of its own that people can see, and none follows one that succeeded.</summary>
    private IEnumerable<(Wrong Kind, string What)> AuditRuns(string id, InvocationDescription invocation)
    {
        var attempts = invocation.History.ToLookup(attempt => attempt.Number);
        var own = Runs.Where(run => run.Invocation == id).ToList();
        if (own.Count > invocation.History.Count)
        {
            yield return (Wrong.Unexplained, $"{own.Count} runs of {invocation.History.Count} attempts");
        }

        foreach (var runs in own.Where(run => run.Attempt != RecordedRun.UnknownAttempt).GroupBy(run => run.Attempt))
        {
            if (runs.Count() > 1)
            {
                yield return (Wrong.Unexplained, $"attempt {runs.Key} ran {runs.Count()} times");
            }

            if (!attempts[runs.Key].Any())
            {
                yield return (Wrong.Unexplained, $"a run of attempt {runs.Key}, which its history does not have");
            }
        }

        var succeeded = invocation.History.Where(HasSucceeded).ToList();
        if (succeeded.Count > 1)
        {
            yield return (Wrong.Unexplained, $"{succeeded.Count} attempts succeeded");
        }

        foreach (var attempt in succeeded.Where(attempt => own.All(run => run.Attempt != attempt.Number && run.Attempt != RecordedRun.UnknownAttempt)))
        {
            yield return (Wrong.Unexplained, $"attempt {attempt.Number} succeeded without a run");
        }
    }

    /// <summary>An attempt whose end is known is billed once, one that was cut off never.</summary>
    private static IEnumerable<(Wrong Kind, string What)> AuditUsage(InvocationDescription invocation, IReadOnlyList<UsageRecord> usage)
    {
        var ended = invocation.History.Count(attempt => !attempt.IsCut);
        if (usage.Count > ended)
        {
            yield return (Wrong.Misbilled, $"{usage.Count} usage records of {ended} attempts that ended");
        }

        var succeeded = invocation.History.Count(HasSucceeded);
        var billed = usage.Count(record => record.Outcome == InvocationError.None);
        if (billed != succeeded)
        {
            yield return (Wrong.Misbilled, $"{billed} usage records of success, and {succeeded} attempts that succeeded");
        }
    }

    private static bool HasSucceeded(AttemptRecord attempt) => attempt is { IsCut: false, Outcome: InvocationError.None, Status: < 400 };
}

/// <summary>What can be wrong with an event.</summary>
internal enum Wrong
{
    /// <summary>It was accepted, and not everything of it was done.</summary>
    Lost,

    /// <summary>It ran more often than its attempts say, or without cause.</summary>
    Unexplained,

    /// <summary>What its attempts used is billed too often, or not at all.</summary>
    Misbilled,
}
