using Faas.Cli.Output;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Events;

/// <summary>Words for what happens to accepted events.</summary>
internal static class EventText
{
    public static string State(InvocationState state) => state == InvocationState.DeadLettered ? "dead letter" : state.ToString().ToLowerInvariant();

    /// <summary>How an attempt ended: <c>ok</c>, <c>failed</c> (the function's own answer says so), <c>cut off</c> or the platform's name for it.</summary>
    public static string Outcome(AttemptRecord attempt) =>
        attempt.IsCut ? "cut off"
        : attempt.Outcome != InvocationError.None ? attempt.Outcome.ToString()
        : attempt.Status >= 400 ? "failed"
        : "ok";

    /// <summary>Where it stands, for who waits for it.</summary>
    public static string Progress(InvocationDescription found, DateTimeOffset now) => found.State switch
    {
        InvocationState.Queued when found.DueAt is { } due && due > now => $"{(found.Failures > 0 ? $"failed {Text.Count(found.Failures, "time")}, next attempt" : "queued, due")} at {Text.Time(due)}",
        InvocationState.Running => $"running, attempt {found.Attempts}",
        _ => State(found.State),
    };

    /// <summary>Why it did not succeed, in a sentence without its full stop.</summary>
    public static string Failure(InvocationDescription found)
    {
        var last = found.History.Count > 0 ? found.History[^1] : null;
        var why = found.Reason ?? last?.Detail ?? (last is null ? "it never ran" : last.Outcome != InvocationError.None ? last.Outcome.ToString() : $"it answered with status {last.Status}");
        return Text.WithoutControls(why.ReplaceLineEndings(" ")).TrimEnd('.');
    }
}
