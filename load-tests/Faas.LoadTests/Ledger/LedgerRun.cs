using System.Globalization;
using System.Text.Json;
using Faas.Contracts.Hosting;
using Faas.Storage;

namespace Faas.LoadTests.Ledger;

/// <summary>
/// What metering costs: usage records go to a real controller over the real link, as a gateway sends them, in rounds of 100 ms at a rate or as fast as it
/// takes them; then the ledger it leaves is asked. CPU is the controller's, link and store included.
/// </summary>
internal static class LedgerRun
{
    private const int RoundsPerSecond = 10;
    private const int ExtentsUnderWay = 8;

    /// <summary>Not counted: as fast as it goes, then for some seconds at the rate, until the code is compiled as it will stay.</summary>
    private const int WarmUp = 300_000;
    private const int WarmUpSeconds = 8;

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var records = arguments.Number("records", 1_000_000);
        var rate = arguments.Number("rate", 0);
        var functions = arguments.Number("functions", 1);
        var days = arguments.Number("days", 1);
        var chosen = arguments.Text("ids") == "chosen";
        var data = new DataFolder(arguments["data"]);
        Directory.CreateDirectory(data.Root);
        var atRate = rate == 0 ? WarmUp : rate * WarmUpSeconds;
        var total = records + WarmUp + atRate;
        var start = TimeProvider.System.GetUtcNow() - TimeSpan.FromDays(days);
        using var journal = new JournalOfMany(data.Journal, functions, chosen, start, TimeSpan.FromDays(days) / total);

        TimeSpan cpu, elapsed;
        await using (var controller = await ControllerAlone.StartAsync(arguments["controller"], data, cancellationToken))
        {
            await SendAsync(controller, journal, WarmUp, 0, cancellationToken);
            await SendAsync(controller, journal, atRate, rate, cancellationToken);
            var before = controller.Cpu;
            var began = TimeProvider.System.GetTimestamp();
            await SendAsync(controller, journal, records, rate, cancellationToken);
            (cpu, elapsed) = (controller.Cpu - before, TimeProvider.System.GetElapsedTime(began));
        }

        var bytes = new FileInfo(data.Database).Length;
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            records, rate, functions, ids = chosen ? "chosen" : "gateway",
            cpuUsPerRecord = Math.Round(cpu.TotalMicroseconds / records, 2),
            recordsPerSecond = Math.Round(records / elapsed.TotalSeconds),
            mbPerMillion = Math.Round(bytes / 1e6 / (total / 1e6), 1),
        }));
        await QueryAsync(data, journal, start, cancellationToken);
    }

    private static async Task SendAsync(ControllerAlone controller, JournalOfMany journal, long records, int rate, CancellationToken cancellationToken)
    {
        var end = journal.Count + records;
        var perRound = rate == 0 ? int.MaxValue : rate / RoundsPerSecond;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / RoundsPerSecond));
        while (journal.Count < end)
        {
            var roundEnd = Math.Min(end, journal.Count + perRound);
            while (journal.Count < roundEnd)
            {
                var last = journal.Next(0);
                for (var i = 0; i < ExtentsUnderWay && journal.Count < roundEnd; i++)
                {
                    await controller.SendAsync(last = journal.Next((int)Math.Min(int.MaxValue, roundEnd - journal.Count)), cancellationToken);
                }

                await controller.DurableAsync(last.Segment, last.To, cancellationToken);
            }

            if (rate != 0)
            {
                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }
    }

    private static async Task QueryAsync(DataFolder data, JournalOfMany journal, DateTimeOffset start, CancellationToken cancellationToken)
    {
        await using var store = await SqliteStore.OpenAsync(data.Database, "USD", cancellationToken);
        var middle = journal.Count / 2;
        await TimeAsync("newest 50", async () => (await store.ListAsync(null, null, 50, cancellationToken)).Count);
        await TimeAsync("newest 10,000", async () => (await store.ListAsync(null, null, 10_000, cancellationToken)).Count);
        await TimeAsync("newest 50 of a function", async () => (await store.ListAsync(journal.FunctionOf(middle), null, 50, cancellationToken)).Count);
        await TimeAsync("a function never invoked", async () => (await store.ListAsync("nobody", null, 50, cancellationToken)).Count);
        await TimeAsync("an invocation from the middle", async () => (await store.ListAsync(null, journal.IdOf(middle), 50, cancellationToken)).Count);
        await TimeAsync("an invocation that never was", async () => (await store.ListAsync(null, "nothing", 50, cancellationToken)).Count);
        await TimeAsync("totals", async () => (int)(await store.TotalsAsync(cancellationToken)).Sum(total => total.Value.Invocations));
        var end = TimeProvider.System.GetUtcNow();
        await TimeAsync("sums by day", async () => (await store.SumsAsync(UsagePeriod.Day, start.AddDays(-1), end, cancellationToken)).Count);
        await TimeAsync("sums by hour", async () => (await store.SumsAsync(UsagePeriod.Hour, start.AddHours(-1), end, cancellationToken)).Count);
    }

    /// <summary>The first time and the best of the next three.</summary>
    private static async Task TimeAsync(string what, Func<Task<int>> ask)
    {
        var times = new List<double>();
        var found = 0;
        for (var i = 0; i < 4; i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            found = await ask();
            times.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {found} in {times[0]:0.0} ms, again {times.Skip(1).Min():0.0} ms"));
    }
}
