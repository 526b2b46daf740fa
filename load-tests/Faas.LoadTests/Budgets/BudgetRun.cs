using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.LoadTests.OpenLoop;
using Faas.LoadTests.Scaling;

namespace Faas.LoadTests.Budgets;

/// <summary>How much is spent too much: a budget is spent in the middle of a load that does not care, and the ledger says afterwards what came through.</summary>
internal static class BudgetRun
{
    private const string Name = "spender";

    /// <summary>Records that the management API tells at once.</summary>
    private const int RecordsMax = 10_000;

    private const double OverrunSecondsMax = 1;

    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var rate = arguments.Number("rate", 1000);
        var duration = TimeSpan.FromSeconds(arguments.Number("seconds", 8));
        if (rate * duration.TotalSeconds > RecordsMax)
        {
            throw new ArgumentException($"--rate times --seconds must be at most {RecordsMax}: each request's record is read.");
        }

        using var target = Target.Open(arguments["data"]);
        var runtime = arguments.Text("runtime") ?? Runtimes.DotNet;
        await WarmUp.RunAsync(target, Runtimes.Node, cancellationToken);
        var spec = Target.Hello(Name, runtime) with { CodeDigest = await target.UploadHelloAsync(runtime, cancellationToken), Concurrency = 10, KeepAlive = TimeSpan.FromMinutes(1) };
        await target.DeployAsync(spec, cancellationToken);

        // What one request costs is measured, so that the budget is spent in the middle.
        const int Probes = 200;
        await LoadAsync(target, Probes, TimeSpan.FromSeconds(1), cancellationToken);
        var probes = await RecordsAsync(target, Probes, cancellationToken);
        var amount = decimal.Round(probes.Sum(record => record.Cost) + (probes.Average(record => record.Cost) * (decimal)(rate * duration.TotalSeconds / 2)), 12);
        await target.PutAsync($"/v1/budgets/function:{Name}:month", new BudgetSpec { Amount = amount, Action = BudgetAction.Stop }, cancellationToken);

        Console.Error.WriteLine($"budget: {rate}/s for {duration.TotalSeconds} s, {amount} is spent halfway");
        var used = new Processors();
        var result = await LoadAsync(target, rate, duration, cancellationToken);
        var processors = used.Summary();
        var records = await RecordsAsync(target, Probes + result.Arrivals.Length, cancellationToken);
        var overrun = OverrunOf(records, amount);
        var passed = overrun is { } found && found.Requests <= OverrunSecondsMax * rate && result.Failures().Keys.All(failure => failure == "429 BudgetExceeded");
        Verdict.Print("budget", passed, new
        {
            rate,
            seconds = duration.TotalSeconds,
            runtime,
            amount,
            spent = records.Sum(record => record.Cost),
            served = records.Count(record => record.Cost > 0),
            refused = records.Count(record => record.Outcome == InvocationError.BudgetExceeded),
            overrunRequests = overrun?.Requests,
            overrunSecondsOfTraffic = overrun is { } some ? Math.Round(some.Requests / (double)rate, 3) : (double?)null,
            lastAcceptedMsAfterCrossing = overrun?.LastAcceptedMs,
            load = result.Summary(),
            processors,
        });
        return passed;
    }

    /// <summary>What was served after the record that spent the last of the amount; null when the amount was not spent.</summary>
    private static (int Requests, double LastAcceptedMs)? OverrunOf(IReadOnlyList<UsageRecord> records, decimal amount)
    {
        var served = records.Where(record => record.Cost > 0).OrderBy(EndOf).ToList();
        var spent = 0m;
        var crossed = served.FindIndex(record => (spent += record.Cost) >= amount);
        if (crossed < 0)
        {
            return null;
        }

        var after = served[(crossed + 1)..];
        return (after.Count, after.Count == 0 ? 0 : Math.Round((after.Max(record => record.ReceivedAt) - EndOf(served[crossed])).TotalMilliseconds, 1));
    }

    private static DateTimeOffset EndOf(UsageRecord record) => record.ReceivedAt + record.Queued + record.Cold + record.Run;

    private static async Task<OpenLoopResult> LoadAsync(Target target, double rate, TimeSpan duration, CancellationToken cancellationToken)
    {
        using var client = new OpenLoopClient(target.Callers, [Name], Arrivals.Periodic(rate, duration, 0));
        return await client.RunAsync(cancellationToken);
    }

    /// <summary>The function's records once there are that many.</summary>
    private static async Task<IReadOnlyList<UsageRecord>> RecordsAsync(Target target, int count, CancellationToken cancellationToken)
    {
        IReadOnlyList<UsageRecord> records = [];
        await Target.UntilAsync(
            $"{count} records", async () => (records = await target.FindAsync<UsageRecord[]>($"/v1/invocations?function={Name}&limit={RecordsMax}", cancellationToken) ?? []).Count >= Math.Min(count, RecordsMax), cancellationToken);
        return records;
    }
}
