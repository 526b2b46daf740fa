using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Events;

/// <summary>One invocation with all that is known of it: where it stands, its attempts, its result, what it wrote.</summary>
internal static class InvocationView
{
    /// <summary>More would push the rest off a terminal; <c>faas logs</c> has all of them.</summary>
    private const int LogLinesShown = 50;

    public static async Task PrintAsync(VerbContext context, FaasClient client, InvocationDescription found, CancellationToken cancellationToken)
    {
        PrintState(context, found);
        if (found.History.Count > 0 || found.StartedAt is not null)
        {
            PrintAttempts(context, found);
        }

        if (found.Result?.Text is { Length: > 0 } text)
        {
            PrintText("result:", text);
        }

        // A delivery runs no function; what is in the log under its id would be another's.
        if (found.DeliverTo is null)
        {
            await PrintLogAsync(client, found, cancellationToken);
        }
    }

    /// <summary>A title and a text of several lines below it.</summary>
    public static void PrintText(string title, string text)
    {
        Terminal.Line();
        Terminal.Line(title);
        foreach (var line in text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
        {
            Terminal.Line(Text.WithoutControls(line));
        }
    }

    private static void PrintState(VerbContext context, InvocationDescription found)
    {
        var now = context.Time.GetUtcNow();
        var table = new TextTable("", "");
        void Add(string label, string? value)
        {
            if (value is not null)
            {
                table.Add(label, value);
            }
        }

        Add("invocation", found.Id);
        Add("function", found.Function);
        Add("state", EventText.State(found.State));
        Add("kind", found.IsQueued ? null : "synchronous: its caller has the answer");
        Add("delivers to", found.DeliverTo);
        Add("because of", found.Cause is { } cause ? "invocation " + cause : null);
        Add("request", found.Request is { } request ? Describe(request, found.BodyBytes) : null);
        Add("accepted", When(found.AcceptedAt, now));
        Add("due", found.DueAt is { } due ? $"{Text.Time(due)}, {Text.Until(due - now)}" : null);
        Add("ended", found.EndedAt is { } ended ? When(ended, now) : null);
        Add("attempts", $"{Text.Number((long)found.Attempts)}{(found.Failures > 0 ? $" ({Text.Number((long)found.Failures)} failed)" : "")}");
        Add("reason", found.Reason);
        Add("result", found.Result is { } result ? Describe(result) : null);
        Add("cost", Text.Cost(found.Cost));
        table.Print(context.Terminal);
    }

    private static void PrintAttempts(VerbContext context, InvocationDescription found)
    {
        var table = new TextTable("attempt", "started", "outcome", "status", "run", "cost", "instance", "detail") { Elastic = "detail", Dispensable = ["instance", "cost", "status"] };
        foreach (var attempt in found.History)
        {
            table.Add(
                Text.Number((long)attempt.Number), Text.Time(attempt.StartedAt), EventText.Outcome(attempt), attempt.Status == 0 ? "-" : Text.Number((long)attempt.Status),
                attempt.Run > TimeSpan.Zero ? Text.Duration(attempt.Run) : "-", Text.Cost(attempt.Cost), attempt.Instance ?? "-", attempt.Detail ?? (attempt.IsCut ? "the function may have run" : "-"));
        }

        if (found.StartedAt is { } startedAt)
        {
            table.Add(Text.Number((long)found.Attempts), Text.Time(startedAt), "running", "-", "-", "-", "-", "-");
        }

        Terminal.Line();
        table.Print(context.Terminal);
    }

    private static async Task PrintLogAsync(FaasClient client, InvocationDescription found, CancellationToken cancellationToken)
    {
        var lines = new List<LogLine>();
        try
        {
            var query = new LogQuery { Tail = LogLinesShown, InvocationId = found.Id };
            await foreach (var line in client.ReadLogsAsync(found.Function, query, cancellationToken))
            {
                lines.Add(line);
            }
        }
        catch (FaasApiException)
        {
            return;   // the function is gone, and its log with it; the rest is worth showing all the same
        }

        if (lines.Count > 0)
        {
            Terminal.Line();
            Terminal.Line(lines.Count < LogLinesShown ? "log:" : $"log, the last {LogLinesShown} lines (`faas logs {found.Function} --invocation {found.Id}` has all):");
            lines.ForEach(line => Terminal.Line(LogText.FormatOfOne(line)));
        }
    }

    private static string When(DateTimeOffset time, DateTimeOffset now) => $"{Text.Time(time)}, {Text.Age(now - time)}";

    private static string Describe(InvocationRequest request, long bodyBytes) =>
        (request.IsEvent ? "an event" : $"{request.Method} {request.Path}{(request.Query.Length > 0 ? "?" + request.Query : "")}") + (bodyBytes > 0 ? $", {Text.Bytes(bodyBytes)}" : "");

    private static string Describe(ResultSummary result) =>
        $"status {result.Status}, {result.ContentType ?? "no content type"}, {Text.Bytes(result.Bytes)}{(result.IsKept ? "" : " (too long to be kept)")}";
}
