using Faas.Contracts.Api;
using Faas.Contracts.Functions;

namespace Faas.Cli.Output;

/// <summary>What <c>faas describe</c> says about a function's asynchronous invocations.</summary>
internal static class AsyncText
{
    /// <summary>A label and a text for each thing that is set, or that waits.</summary>
    public static IEnumerable<(string Label, string Value)> Lines(FunctionSpec spec, QueueSummary? queue)
    {
        if (spec.Async is { } settings)
        {
            yield return ("async", Describe(settings));
            if (settings.OnSuccess is { } success)
            {
                yield return ("on success", Describe(success));
            }

            if (settings.OnFailure is { } failure)
            {
                yield return ("on failure", Describe(failure));
            }
        }

        foreach (var (index, trigger) in (spec.Triggers ?? []).Index())
        {
            yield return (index == 0 ? "triggers" : "", $"{TriggerNames.KindOf(trigger)} {TriggerNames.SubjectOf(spec.Name, trigger)}{(trigger.Name is { } name ? $" ({name})" : "")}");
        }

        if (queue is not null)
        {
            yield return ("queue", $"{Text.Number(queue.Waiting)} waiting, {Text.Number(queue.Running)} running, {Text.Number(queue.DeadLetters)} dead letters");
        }
    }

    private static string Describe(AsyncSpec spec)
    {
        var concurrency = spec.Concurrency is { } limit ? $", {limit} at a time" : "";
        return $"{Text.Count(spec.MaxAttempts, "attempt")}, {Text.Duration(spec.BackoffMin)} to {Text.Duration(spec.BackoffMax)} apart, within {Text.Duration(spec.MaxAge)}{concurrency}; "
            + $"at most {Text.Number((long)spec.QueueMax)} wait, results are kept for {Text.Duration(spec.KeepResult)}";
    }

    private static string Describe(Destination destination) =>
        destination.Function is { } function ? "function " + function
        : destination.Topic is { } topic ? "topic " + topic
        : destination.Url ?? "-";
}
