using System.Collections.Concurrent;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.LoadTests.Chaos;

/// <summary>Compares what the platform says of the events with what was promised and what was recorded.</summary>
internal sealed class ChaosAudit(QueueWatch platform, RunRecorder recorder, ChaosTotals totals)
{
    private const int ToldMax = 50;

    private readonly List<ChaosEvent> _judged = [];
    private int _failedAttempts;

    /// <summary>Judges a round's events, and earlier ones that have run again since.</summary>
    public async Task JudgeAsync(IReadOnlyList<ChaosEvent> events, CancellationToken cancellationToken)
    {
        var again = _judged.Where(sent => recorder.RunsOf(sent.Token).Count != sent.JudgedRuns).ToList();
        var books = new ConcurrentBag<Books>();
        await Parallel.ForEachAsync(
            events.Concat(again), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken },
            async (sent, ct) => books.Add(await ReadAsync(sent, ct)));
        var told = 0;
        foreach (var book in books.OrderBy(book => book.Sent.Token, StringComparer.Ordinal))
        {
            var wrong = book.Audit().ToList();
            foreach (var (kind, what) in wrong)
            {
                if (told++ < ToldMax)
                {
                    Tell(kind, what, book);
                }
            }

            totals.Add(wrong.Select(finding => finding.Kind));
            Count(book);
        }

        _judged.AddRange(events);
    }

    /// <summary>No more is billed than has run: a success has a recorded run, and what failed has an attempt that did.</summary>
    public async Task JudgeTotalsAsync(string function, CancellationToken cancellationToken)
    {
        var described = await platform.FindAsync<FunctionDescription>($"/v1/functions/{function}", cancellationToken);
        var billed = described!.Totals.Invocations;
        Console.Error.WriteLine($"{recorder.Count} runs recorded, {billed} usage records, {_failedAttempts} attempts that failed");
        if (billed > recorder.Count + _failedAttempts)
        {
            Console.Error.WriteLine($"MISBILLED {billed} usage records, more than runs and failed attempts together");
            totals.Add([Wrong.Misbilled]);
        }
    }

    private async Task<Books> ReadAsync(ChaosEvent sent, CancellationToken cancellationToken)
    {
        var runs = recorder.RunsOf(sent.Token);
        var invocations = new Dictionary<string, InvocationDescription?>(StringComparer.Ordinal);
        var usage = new Dictionary<string, IReadOnlyList<UsageRecord>>(StringComparer.Ordinal);
        foreach (var id in sent.Promised.Concat(runs.Select(run => run.Invocation)).Distinct(StringComparer.Ordinal))
        {
            invocations[id] = await platform.FindAsync<InvocationDescription>($"/v1/invocations/{id}", cancellationToken);
            usage[id] = await platform.FindAsync<UsageRecord[]>($"/v1/invocations?id={id}&limit=100", cancellationToken) ?? [];
        }

        return new Books(sent, runs, invocations, usage);
    }

    private void Count(Books book)
    {
        if (book.Sent.JudgedRuns < 0)
        {
            var states = book.Invocations.Values.OfType<InvocationDescription>().Select(found => found.State).ToList();
            totals.Accepted += book.Sent.Promised.Count > 0 ? 1 : 0;
            totals.Completed += book.Sent.Promised.Count > 0 && states.Contains(InvocationState.Succeeded) ? 1 : 0;
            totals.DeadLettered += book.Sent.Promised.Count > 0 && states.Contains(InvocationState.DeadLettered) ? 1 : 0;
            _failedAttempts += book.Invocations.Values.Sum(found => found?.History.Count(attempt => !attempt.IsCut && attempt.Outcome != InvocationError.None) ?? 0);
        }

        totals.Duplicates += book.Runs.Count > 1 && book.Sent.JudgedRuns <= 1 ? 1 : 0;
        book.Sent.JudgedRuns = book.Runs.Count;
    }

    private static void Tell(Wrong kind, string what, Books book)
    {
        var runs = string.Join(", ", book.Runs.Select(run => $"attempt {run.Attempt} of {run.Invocation}"));
        var sent = $"{book.Sent.Token} (sent {book.Sent.Sending}, delay {book.Sent.Delay ?? "none"}, promised {string.Join(", ", book.Sent.Promised)})";
        Console.Error.WriteLine($"{kind.ToString().ToUpperInvariant()} {sent}: {what}; recorded: {(runs.Length > 0 ? runs : "nothing")}");
        foreach (var attempt in book.Invocations.Values.OfType<InvocationDescription>().SelectMany(found => found.History))
        {
            Console.Error.WriteLine($"    {attempt}");
        }
    }
}
