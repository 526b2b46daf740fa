using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Faas.Contracts.Hosting;
using Faas.Storage;

namespace Faas.LoadTests.Ledger;

/// <summary>A month of many records goes through the ledger's own code into a database, and a real controller is asked what the month costs.</summary>
internal static class MonthRun
{
    /// <summary>Each question is asked so often.</summary>
    private const int Asks = 20;

    /// <summary>Batches that wait for one commit.</summary>
    private const int BatchesAtOnce = 16;

    /// <summary>Less than the records' retention, so that the controller removes none.</summary>
    private const double DaysMax = 29.9;

    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(20);

    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var records = arguments.Number("records", 1_000_000);
        var data = new DataFolder(arguments["data"]);
        Directory.CreateDirectory(data.Root);
        var days = arguments.Text("days") is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : DaysMax;
        var month = new MonthOfMany(arguments.Number("functions", 200), records, TimeProvider.System.GetUtcNow().AddDays(-days), TimeSpan.FromDays(days));
        var began = TimeProvider.System.GetTimestamp();
        await FillAsync(data, month, records, arguments.Number("batch", 1800), cancellationToken);
        var bytes = new FileInfo(data.Database).Length;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"filled in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s"));

        await using var controller = await ControllerAlone.StartAsync(arguments["controller"], data, cancellationToken);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = controller.Admin };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(data.AdminKeyFile, cancellationToken)).Trim());
        var since = Uri.EscapeDataString(TimeProvider.System.GetUtcNow().Date.AddDays(-30).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        var slowest = 0.0;
        await client.GetByteArrayAsync("/healthz", cancellationToken);   // a first request compiles the client's half of it, 0.2 s that are not the controller's
        foreach (var (what, address) in ((string, string)[])
        [
            ("faas cost", "/v1/usage?by=function"),
            ("faas cost --since 30d", $"/v1/usage?by=function&from={since}"),
            ("faas cost --since 30d --by day", $"/v1/usage?by=day&from={since}"),
            ("faas cost --since 30d --by namespace,day,outcome", $"/v1/usage?by=namespace,day,outcome&from={since}"),
            ("faas cost bill", "/v1/bill"),
            ("faas cost forecast", "/v1/forecast"),
        ])
        {
            slowest = Math.Max(slowest, await AskAsync(client, what, address, cancellationToken));
        }

        var total = JsonDocument.Parse(await client.GetStringAsync($"/v1/usage?by=namespace&from={since}", cancellationToken)).RootElement.GetProperty("total");
        var (counted, cost) = (total.GetProperty("invocations").GetInt64(), total.GetProperty("cost").GetDecimal());
        var isExact = counted == records && cost == PicoMoney.ToAmount(month.CostPico);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            records, counted, isExact, mbPerMillion = Math.Round(bytes / 1e6 / (records / 1e6), 1),
            gb = Math.Round(bytes / 1e9, 2), slowestMs = Math.Round(slowest, 1),
        }));
        return isExact;
    }

    /// <summary>Stores the records, and removes old minutes as the controller does.</summary>
    private static async Task FillAsync(DataFolder data, MonthOfMany month, long records, int batch, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var (told, pruned, position) = (time.GetTimestamp(), month.At, 0L);
        await using var store = await SqliteStore.OpenAsync(data.Database, "USD", cancellationToken);
        while (month.Count < records)
        {
            var left = records - month.Count;
            var batches = Enumerable.Range(0, BatchesAtOnce).Select(i => (int)Math.Clamp(left - ((long)i * batch), 0, batch)).Where(count => count > 0).ToList();
            await Task.WhenAll(batches.Select(count => store.IngestAsync(new UsagePosition("month", 0, position, ++position), chunk => month.AddTo(chunk, count), cancellationToken)));
            if (month.At - pruned > TimeSpan.FromHours(1))
            {
                pruned = month.At;
                await store.PruneMinutesAsync(pruned.AddDays(-2), cancellationToken);
            }

            if (time.GetElapsedTime(told) > TellEvery)
            {
                told = time.GetTimestamp();
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {month.Count / 1e6:0.0} million"));
            }
        }
    }

    /// <summary>Asks some times; returns the longest time in ms.</summary>
    private static async Task<double> AskAsync(HttpClient client, string what, string address, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        var length = 0;
        for (var i = 0; i < Asks; i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            length = (await client.GetByteArrayAsync(address, cancellationToken)).Length;
            times.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }

        var first = times[0];
        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: p50 {times[Asks / 2]:0.0} ms, most {times[^1]:0.0}, the first {first:0.0}; {length} bytes"));
        return times[^1];
    }
}
